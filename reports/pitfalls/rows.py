"""Judges the pitfalls: from what both faces of each wrong benchmark measured to one row each.

Both faces answer one question whose answer is known by construction. The doubt goes against the
pitfall: the wrong face *holds* when any of its interval meets what is known, the right one only
when its point does. A pitfall *misled* when the wrong face does not hold and the right one does;
anything else is said as it is. The intervals and verdicts are those of reports/stats, so the
only difference between the faces is the mistake. Pure: samples in, rows out, fixed seeds.

A sample is {"schema": 1, "pitfall", "face", "subject", "block", "n", "part", "result", "error"};
part is the link of pooled_layouts and the try of best_of_n; result is what the program printed.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Iterable, Sequence

import numpy as np
from scipy import stats as distributions

from reports.errors import ReportError
from reports.pitfalls.catalogue import Pitfall, entry, k_catalogue
from reports.pitfalls.drawing import drawing
from reports.stats import ratios as stats

k_draws, k_draw_units, k_seed = 2000, 12, 20240229
k_false_share = 0.05  # how often equal code may be called different
k_faces = ("wrong", "right")
k_pair_estimates = ("pairs", "best")  # those whose verdict is on b against a
k_axes = {"pairs": "time of b over time of a", "best": "time of b over time of a",
          "known": "what was found over what is known", "growth": "largest n over smallest n",
          "means": "share of comparisons that call identical code different",
          "layouts": "share of comparisons that call identical code different"}
k_classes = {"O(1)": lambda n: np.ones_like(n), "O(lg n)": np.log2, "O(n)": lambda n: n,
             "O(n lg n)": lambda n: n * np.log2(n), "O(n^2)": lambda n: n**2}


k_words = ("name", "title", "question", "truth", "what_is_wrong", "remedy", "command", "axis",
           "sentence")
k_face_words, k_face_figures = ("text", "verdict", "fit"), ("ratio", "figure", "low", "high")


class NotMeasured(Exception):
    """A face has too little to be judged; the text says why."""


def rows_of(folder) -> list[dict] | None:
    """The rows kept in a run folder, or None where the run has none."""
    path = Path(folder) / "pitfalls.json"
    if not path.is_file():
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema"] != 1:
            raise ValueError(f"schema {document['schema']!r}, this tree reads schema 1")
        return [_read(row) for row in document["rows"]]
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise ReportError(f"not a file of pitfalls: {error}", str(path),
                          "cyclone pitfalls makes a new one") from error


def _read(told: dict) -> dict:
    """A row of a file: words and figures. A drawing goes into the page as it is, and a folder may
    come from anywhere, so the drawings are made here, again, and none is ever taken from a file."""
    out = {k: str(told[k]) for k in k_words} | {"misled": told["misled"] and True}
    if told["wrong"] is None or told["right"] is None:
        return out | {"misled": None, "wrong": None, "right": None, "scale": None, "band": None,
                      "points": {f: [] for f in k_faces}}
    low, high = (None if b is None else _finite(b) for b in told["band"])
    out |= {"scale": "rate" if told["scale"] == "rate" else "ratio", "band": [low, high],
            "points": {f: [_finite(v) for v in told["points"][f]] for f in k_faces}}
    for face in k_faces:
        said = told[face]
        out[face] = {k: str(said[k]) for k in k_face_words if k in said} | {
            k: _finite(said[k]) for k in k_face_figures if k in said} | {
            "holds": said["holds"] is True}
    for face in k_faces:
        out[face]["svg"] = drawing(out, face)
    return out


def _finite(value) -> float:
    if isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a figure")
    return value


def rows(samples: Iterable[dict], names: Sequence[str], seed: int) -> list[dict]:
    """One row for each name, in the order of the catalogue."""
    grouped = defaultdict(list)
    for sample in samples:
        grouped[sample["pitfall"]].append(sample)
    return [row(p, grouped[p.name], seed) for p in k_catalogue if p.name in names]


def row(what: Pitfall, samples: Sequence[dict], seed: int) -> dict:
    """The row of one pitfall. O(samples), and k_draws small medians where rates are shown."""
    out = {"name": what.name, "title": what.title, "question": what.question,
           "truth": what.truth, "what_is_wrong": what.what_is_wrong, "remedy": what.remedy,
           "command": f"scripts/cyclone pitfalls {what.name} --seed {seed}",
           "axis": k_axes[what.estimate]}
    failed = [s for s in samples if s.get("error")]
    try:
        if failed:
            raise NotMeasured(f"{len(failed)} of {len(samples)} processes failed, "
                              f"the first: {failed[0]['error']}")
        faces, scale, band = k_estimates[what.estimate](what, samples)
    except NotMeasured as why:
        out |= {"misled": None, "wrong": None, "right": None, "scale": None, "band": None,
                "sentence": f"Not measured here: {why}.", "points": {f: [] for f in k_faces}}
        return out
    for face in k_faces:
        faces[face]["holds"] = _holds(faces[face], band, face == "right")
        if what.estimate not in k_pair_estimates:
            faces[face]["verdict"] = "AGREES" if faces[face]["holds"] else "CONTRADICTS"
    out["misled"] = not faces["wrong"]["holds"] and faces["right"]["holds"]
    out["points"] = {face: faces[face].pop("points") for face in k_faces}
    out |= {"scale": scale, "band": [None if math.isinf(b) else b for b in band]}
    out |= faces
    out["sentence"] = _sentence(out)
    for face in k_faces:
        out[face]["svg"] = drawing(out, face)
    return out


def _holds(face: dict, band: tuple[float, float], by_point: bool) -> bool:
    point = face.get("ratio", face.get("figure"))
    low, high = (point, point) if by_point else (face["low"], face["high"])
    return low <= band[1] and high >= band[0]


def _sentence(r: dict) -> str:
    wrong, right = r["wrong"], r["right"]
    if r["misled"]:
        return f"It misleads: done wrong, {wrong['text']}; done right, {right['text']}."
    if not right["holds"]:
        return (f"Not shown here: done right, {right['text']}, which misses what is known as well; "
                "the machine was not quiet enough, or differs from what the program expects.")
    return (f"It did not mislead here: done wrong, {wrong['text']}; done right, {right['text']}; "
            "neither excludes what is known.")


# What the programs printed ----------------------------------------------------------------------

def _values(samples, face, subject, of=lambda r: r["ns_per_op"]) -> dict[tuple, float]:
    """(block, part, n) -> figure, of one face and subject."""
    return {(s["block"], s.get("part", 0), s.get("n", 0)): float(of(s["result"]))
            for s in samples if s["face"] == face and s["subject"] == subject}


def _interval(logs: Sequence[float]) -> stats.Interval:
    if not logs:
        raise NotMeasured("no block holds both subjects")
    if not all(math.isfinite(x) for x in logs):
        raise NotMeasured("a time of nothing has no ratio")
    found = stats.median_interval(logs)
    if not found.has_bounds():
        raise NotMeasured(f"{len(logs)} blocks are too few for an interval")
    return found


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf


def _paired(b: dict, a: dict) -> list[float]:
    return [_log(b[k]) - _log(a[k]) for k in sorted(set(a) & set(b))]


def factor(ratio: float) -> str:
    """0.0011, 0.93, 8.00, 97: as many digits as a reader needs."""
    if ratio < 0.1:
        return f"{ratio:.2g}"
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}" if ratio < 100 else f"{ratio:,.0f}"


def _ratio_face(logs: Sequence[float], text: str, delta: float) -> dict:
    """A face that ends in a ratio; `text` has {} for the figure and its interval."""
    found = _interval(logs)
    point, low, high = (math.exp(x) for x in (found.point, found.low, found.high))
    return {"text": text.format(f"{factor(point)} [{factor(low)}, {factor(high)}]"),
            "ratio": point, "low": low, "high": high,
            "verdict": stats.pair_verdict(found, delta).verdict,
            "points": [math.exp(x) for x in logs]}


def _rate_face(share: float, low: float, high: float, words: str) -> dict:
    """A face that ends in how often equal code was called different."""
    text = (f"{words} call identical code different {100 * share:.1f} % "
            f"[{100 * low:.1f}, {100 * high:.1f}] of the time")
    return {"text": text, "figure": share, "low": low, "high": high, "points": []}


def _drawn_rate(false: int, words: str) -> dict:
    """Of k_draws comparisons drawn from what was measured; the exact binomial interval of the
    draws (Clopper, Pearson 1934). The draws exchange what is identical, so this is the rate of the
    method on these samples."""
    low = float(distributions.beta.ppf(0.025, false, k_draws - false + 1)) if false else 0.0
    high = (float(distributions.beta.ppf(0.975, false + 1, k_draws - false))
            if false < k_draws else 1.0)
    return _rate_face(false / k_draws, low, high, words)


def figure_text(r: dict, face: str) -> str:
    """The figure of one face with its interval, or a dash."""
    said = r[face]
    if said is None:
        return "–"
    if r["scale"] == "rate":
        point, low, high = (f"{100 * said[k]:.1f}" for k in ("figure", "low", "high"))
        return f"{point} % [{low}, {high}]"
    return f"{factor(said['ratio'])} [{factor(said['low'])}, {factor(said['high'])}]"


# Estimators -------------------------------------------------------------------------------------

def _of_pairs(what, samples):
    """b over a, paired in blocks. For identical code the right face is the noise floor."""
    logs = {}
    for face in k_faces:
        a, b = (_values(samples, face, subject) for subject in "ab")
        logs[face] = _paired(b, a)
    return _two_ratios(what, logs, "b takes {} times as long as a")


def _two_ratios(what, logs, text):
    _interval(logs["right"])  # before the noise floor is taken from it
    delta = stats.delta_of(logs["right"]) if what.band is None else stats.k_delta_floor
    band = what.band or (math.exp(-delta), math.exp(delta))
    return {f: _ratio_face(logs[f], text, delta) for f in k_faces}, "ratio", band


def _of_known(what, samples):
    """The figure of a face over what is known by construction."""
    logs = {}
    for face in k_faces:
        said = _values(samples, face, "a")
        known = _values(samples, face, "a", lambda r: r["values"]["known_ns"])
        logs[face] = _paired(said, known)
    return _two_ratios(what, logs, "the 99th percentile comes out as {} of the true one")


def _of_best(what, samples):
    """The best of a block's tries against their median; the same processes for both faces."""
    tries = {}
    for subject in "ab":
        blocks = defaultdict(list)
        for (block, _, _), ns in _values(samples, "right", subject).items():
            blocks[block].append(ns)
        tries[subject] = blocks
    logs = {}
    for face, keep in (("wrong", min), ("right", np.median)):
        a, b = ({k: keep(v) for k, v in tries[subject].items()} for subject in "ab")
        logs[face] = _paired(b, a)
    return _two_ratios(what, logs, "b takes {} times as long as a")


def fitted_class(ns: Sequence[float], times: Sequence[float]) -> str:
    """One coefficient, no intercept, least squares, the smallest root mean square wins: the rule of
    Google Benchmark's complexity report, written anew."""
    n, t = np.asarray(ns, dtype=float), np.asarray(times, dtype=float)
    errors = {}
    for name, shape in k_classes.items():
        f = shape(n)
        coefficient = float(t @ f) / float(f @ f)
        errors[name] = float(np.sqrt(np.mean((t - coefficient * f) ** 2)))
    return min(errors, key=errors.get)


def _of_growth(what, samples):
    """Growth from the smallest n to the largest: of time, and of the lines that were counted."""
    time = _values(samples, "right", "a")
    lines = _values(samples, "right", "a", lambda r: r["values"]["lines_per_op"])
    sizes = sorted({n for _, _, n in time})
    if len(sizes) < 3:
        raise NotMeasured("a growth needs three sizes")
    logs = {face: [_log(of[k]) - _log(of[k[0], k[1], sizes[0]]) for k in sorted(of)
                   if k[2] == sizes[-1] and (k[0], k[1], sizes[0]) in of]
            for face, of in (("wrong", time), ("right", lines))}
    middle = [float(np.median([v for k, v in time.items() if k[2] == n])) for n in sizes]
    faces, scale, band = _two_ratios(what, logs, "{}")
    said = fitted_class(sizes, middle)
    faces["wrong"]["text"] = (f"the fit to times says {said}, and a step costs "
                              f"{faces['wrong']['text']} times as much at n = {sizes[-1]:,} as "
                              f"at {sizes[0]:,}")
    faces["right"]["text"] = f"the lines read grow by {faces['right']['text']}, which is O(1)"
    faces["wrong"]["fit"] = said
    return faces, scale, band


def _rates(wrong, right):
    return {"wrong": wrong, "right": right}, "rate", (0.0, k_false_share)


def _of_means(what, samples):
    """Comparisons drawn from one pool of pairs of identical code: blocks without replacement, and
    a coin for which of the pair is called a."""
    figures = {}
    for name, reduce in (("mean", np.mean), ("median", np.median)):
        a, b = (_values(samples, "right", s, lambda r: reduce(r["iter_ns"])) for s in "ab")
        blocks = sorted(set(a) & set(b))
        figures[name] = np.array([[a[k], b[k]] for k in blocks])
    if len(blocks) < 2 * k_draw_units:
        raise NotMeasured(f"{len(blocks)} pairs, {2 * k_draw_units} are needed")
    random = np.random.default_rng(k_seed)
    false = {"wrong": 0, "right": 0}
    for _ in range(k_draws):
        picked = random.choice(len(blocks), k_draw_units, replace=False)
        swap = random.integers(0, 2, k_draw_units)
        at, other = (picked, swap), (picked, 1 - swap)
        means, medians = figures["mean"], figures["median"]
        gap = math.log(means[at].mean() / means[other].mean())
        false["wrong"] += abs(gap) > stats.k_delta_floor
        false["right"] += _called_different(np.log(medians[at] / medians[other]))
    return _rates(_drawn_rate(false["wrong"], f"means of {k_draw_units} processes"),
                  _drawn_rate(false["right"], "medians of paired ratios"))


def _called_different(logs) -> bool:
    verdict = stats.pair_verdict(stats.median_interval(list(logs)), stats.k_delta_floor)
    return verdict.verdict in ("FASTER", "SLOWER")


def _of_layouts(what, samples):
    """Every pair of links as a and b, with a link's processes as units; against as many links
    each, one process of every link: the same number of processes, the layout as unit."""
    ns = _values(samples, "right", "a")
    links, blocks = (sorted({k[i] for k in ns}) for i in (1, 0))
    if len(links) < 2 * k_draw_units or len(blocks) < k_draw_units:
        raise NotMeasured(f"{len(links)} links in {len(blocks)} blocks, {2 * k_draw_units} in "
                          f"{k_draw_units} are needed (ld.lld makes the links)")
    table = np.log(np.array([[ns[b, link, 0] for b in blocks] for link in links]))
    table = table[:2 * k_draw_units, :k_draw_units]
    random = np.random.default_rng(k_seed)
    false = 0
    for _ in range(k_draws):
        order, at = random.permutation(len(table)), random.permutation(k_draw_units)
        a, b = order[:k_draw_units], order[k_draw_units:]
        false += _called_different(table[b, at] - table[a, at])
    return _rates(_pooled_rate(table, random),
                  _drawn_rate(false, f"{k_draw_units} links each, one process of every link,"))


def _pooled_rate(table, random) -> dict:
    """Every two links as a and b, the processes as units. Pairs share links, so the interval comes
    from drawing the links anew (percentile bootstrap)."""
    links = len(table)
    different = np.array([[_called_different(table[i] - table[j]) if i != j else False
                           for j in range(links)] for i in range(links)])
    rates = []
    for _ in range(k_draws):
        drawn = random.integers(0, links, links)
        told = drawn[:, None] != drawn[None, :]  # a link against itself is no comparison
        rates.append(float(different[np.ix_(drawn, drawn)][told].mean()))
    share = float(different[~np.eye(links, dtype=bool)].mean())
    low, high = (float(x) for x in np.quantile(rates, (0.025, 0.975)))
    return _rate_face(share, low, high, f"{k_draw_units} processes of one link each")


k_estimates = {"pairs": _of_pairs, "known": _of_known, "best": _of_best, "growth": _of_growth,
               "means": _of_means, "layouts": _of_layouts}

__all__ = ["entry", "fitted_class", "row", "rows", "rows_of"]
