"""What claim files quote of others' raw data stands in experiments/*/published, to the digit."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")


def tables(path):
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    assert data["schema"] == 1 and data["key"] and data["source"], path.name
    for table in data["table"]:
        for name, row in table["rows"].items():
            assert len(row) == len(table["columns"]), f"{path.name}: {table['title']}, {name}"
    return data["table"]


def quoted(claim):
    """(file, row, figures) of every line of a listing that begins with the name of a row."""
    text = claim.get("listing", "")
    found = re.search(r"published/(\w+)\.toml", text)
    if not found:
        return []
    path = ROOT / "experiments" / "queue" / "published" / f"{found[1]}.toml"
    rows = {}
    for table in tables(path):
        for name, row in table["rows"].items():
            rows.setdefault(name, []).append(row)
    lines = []
    for line in text.splitlines():
        names = [n for n in rows if re.match(re.escape(n) + r"(\s|$)", line)]
        if names:
            name = max(names, key=len)
            figures = [float(v) for v in _NUMBER.findall(line[len(name):].split("published/")[0])]
            lines.append((found[1], name, figures, rows[name]))
    return lines


def mistakes(claim):
    return [f"{file}: {name} {figures}" for file, name, figures, rows in quoted(claim)
            if figures not in [[float(v) for v in row] for row in rows]]


def claims_with_listing():
    out = []
    for path in sorted((ROOT / "experiments").glob("*/claims/*.toml")):
        claim = tomllib.loads(path.read_text(encoding="utf-8"))
        if "published/" in claim.get("listing", ""):
            out.append(claim)
    return out


def test_quotations_are_those_of_the_data():
    claims = claims_with_listing()
    assert len(claims) >= 6
    for claim in claims:
        assert len(quoted(claim)) >= 2, claim["id"]
        assert mistakes(claim) == [], claim["id"]


@pytest.mark.parametrize(("old", "new"), [("2097152", "2097153"), ("52", "52.0"), ("52", "25")])
def test_a_wrong_digit_is_found(old, new):
    claim = next(c for c in claims_with_listing() if c["id"] == "queues:Q4-latency")
    wrong = claim | {"listing": claim["listing"].replace(old, new, 1)}
    assert bool(mistakes(wrong)) == (float(old) != float(new))


def test_every_file_is_whole_and_cited():
    from reports.judge.claims import load_bibliography
    books = load_bibliography()
    for path in sorted((ROOT / "experiments").glob("*/published/*.toml")):
        assert tables(path)
        assert tomllib.loads(path.read_text(encoding="utf-8"))["key"] in books, path.name
