"""`cyclone merge`: one page over several runs, each judged alone."""

import os

from reports.page import merge as pure

from lab import runfolder
from lab.errors import NO_INPUT, USAGE, CycloneError, os_errors
from lab.files import read_json, write_json, write_text


def _analysis(run):
    path = run.path / "analysis.json"
    if not path.is_file():
        raise CycloneError(f"{run.id} is not analysed", str(path), f"cyclone analyse {run.id}",
                           NO_INPUT)
    return read_json(path)


def write(runs, results):
    """Writes merged.json and merged.html into a folder of their own; says where."""
    if len(runs) < 2:
        raise CycloneError("one run alone is not merged", "the command line",
                           "name two runs or more", USAGE)
    merged = pure.merge([_analysis(run) for run in runs])
    stamp = runfolder.now()[:19].translate(str.maketrans("", "", "-:")).replace("T", "-")
    folder = results / f"merged-{stamp}-{len(runs)}runs"
    with os_errors(folder, "cannot create the folder"):
        os.makedirs(folder)
    write_json(folder / "merged.json", merged)
    write_text(folder / "merged.html", pure.page(merged))
    return merged | {"folder": str(folder), "page": str(folder / "merged.html")}


def text(value, tree):
    lines = [value["sentence"]]
    for number, run in enumerate(value["runs"], 1):
        lines.append(f"  [{number}] {run['run']}  {run['cpu']} ({run['fingerprint']})")
    for claim in value["claims"]:
        verdicts = ", ".join(f"[{i}] {v['verdict'] if v else '-'}"
                             for i, v in enumerate(claim["verdicts"], 1))
        lines.append(f"  {claim['id']}: {verdicts}")
    return "\n".join([*lines, f"page: {tree.relative(value['page'])}"])
