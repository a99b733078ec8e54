"""Runs that travel: a bundle comes back as it was; what is wrong leaves nothing behind."""

import csv
import gzip
import io
import json
import shutil
import sqlite3
import tarfile

import pytest
from fakes import ROOT

from lab import export, importing, runfolder
from lab.errors import BAD_DATA, CANNOT_CREATE, NO_INPUT, CycloneError

PUBLISHED = ROOT / "reports/published/quick"
RUN = json.loads((PUBLISHED / "plan.json").read_text()).get("run")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The published run under its own name, with fewer samples so that it is quick."""
    folder = tmp_path_factory.mktemp("from") / (RUN or "quick-x")
    shutil.copytree(PUBLISHED, folder)
    lines = (folder / "samples.jsonl").read_text().splitlines(True)
    (folder / "samples.jsonl").write_text("".join(lines[:40]))
    return runfolder.RunFolder(folder)


@pytest.fixture
def bundle(run, tmp_path):
    path = tmp_path / "run.tar.gz"
    export.write(run, "tar", path)
    return path


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_bundle_comes_back_as_it_was(run, bundle, tmp_path):
    taken = importing.take(bundle, tmp_path / "out")
    there, here = contents(run.path), contents(taken.path)
    for name in (*export.DERIVED, export.MANIFEST, "imported.json"):
        there.pop(name, None), here.pop(name, None)
    assert there == here and taken.id == run.id
    again = tmp_path / "again.tar.gz"
    export.write(run, "tar", again)
    assert again.read_bytes() == bundle.read_bytes()  # equal runs, equal bytes
    with pytest.raises(CycloneError) as caught:
        importing.take(bundle, tmp_path / "out")
    assert caught.value.code == CANNOT_CREATE and contents(taken.path).keys() == (
        here.keys() | {"imported.json"} | ({export.MANIFEST} & contents(taken.path).keys()))


def test_a_folder_is_taken_too(run, tmp_path):
    assert importing.take(run.path, tmp_path / "out").id == run.id
    with pytest.raises(CycloneError) as caught:
        importing.take(tmp_path / "nowhere", tmp_path / "out")
    assert caught.value.code == NO_INPUT


def refused(source, tmp_path, word):
    """The import fails with that word, and the results hold nothing."""
    with pytest.raises((CycloneError, Exception)) as caught:
        importing.take(source, tmp_path / "out")
    assert word in str(caught.value), caught.value
    assert [p.name for p in (tmp_path / "out").iterdir() if p.name != ".lock"] == []
    assert getattr(caught.value, "code", BAD_DATA) == BAD_DATA


def repack(bundle, change):
    """The bundle again; `change(name, data)` gives the bytes of each member, None drops it."""
    out = bundle.with_name("changed.tar.gz")
    with tarfile.open(bundle) as old, tarfile.open(out, "w:gz") as new:
        for member in old:
            data = change(member.name.split("/", 1)[1], old.extractfile(member).read())
            if data is not None:
                member.size = len(data)
                new.addfile(member, io.BytesIO(data))
    return out


def test_a_changed_sample_is_found_by_its_hash(bundle, tmp_path):
    def change(name, data):
        return data.replace(b'"rc":0', b'"rc":1', 1) if name == "samples.jsonl" else data
    refused(repack(bundle, change), tmp_path, "samples.jsonl is not what was exported")


def test_a_missing_file_is_found(bundle, tmp_path):
    refused(repack(bundle, lambda name, data: None if name == "evidence.json" else data), tmp_path,
            "not those of its manifest: evidence.json")


def without_manifest(change):
    return lambda name, data: None if name == export.MANIFEST else change(name, data)


@pytest.mark.parametrize(("file", "old", "new", "word"), [
    ("environment.json", b'"cpus": 2', b'"cpus": 3', "fingerprint"),
    ("samples.jsonl", b'{"schema":1', b'{"schema":9', "schema 9"),
    ("plan.json", b'"schema": 1', b'"schema": 2', "schema 2"),
    ("samples.jsonl", b'"binary":"', b'"binary":"0', "another build"),
    ("samples.jsonl", b'"run":"', b'"run":"other-', "another run"),
    ("plan.json", b'"run": "', b'"run": "../../', "cannot name a run"),
])
def test_without_a_manifest_the_files_are_still_judged(bundle, tmp_path, file, old, new, word):
    def change(name, data):
        assert name != file or old in data
        return data.replace(old, new, 1) if name == file else data
    refused(repack(bundle, without_manifest(change)), tmp_path, word)


def archive(path, *members):
    with tarfile.open(path, "w:gz") as out:
        for name, kind, data in members:
            member = tarfile.TarInfo(name)
            member.type, member.size = kind, len(data)
            member.linkname = "/etc/passwd" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            out.addfile(member, io.BytesIO(data))
    return path


@pytest.mark.parametrize(("members", "word"), [
    ([("run/../../evil", tarfile.REGTYPE, b"x")], "a file that no run has"),
    ([("/etc/evil", tarfile.REGTYPE, b"x")], "a file that no run has"),
    ([("run/.bashrc", tarfile.REGTYPE, b"x")], "a file that no run has"),
    ([("run/a/b/c", tarfile.REGTYPE, b"x")], "a file that no run has"),
    ([("run/plan.json", tarfile.SYMTYPE, b"")], "a link or a device"),
    ([("run/plan.json", tarfile.LNKTYPE, b"")], "a link or a device"),
    ([("run/plan.json", tarfile.CHRTYPE, b"")], "a link or a device"),
    ([("a/plan.json", tarfile.REGTYPE, b"x"), ("b/plan.json", tarfile.REGTYPE, b"x")], "2 folders"),
    ([("a/plan.json", tarfile.REGTYPE, b"x")] * 2, "twice"),
    ([], "0 folders"),
    ([("run/plan.json", tarfile.REGTYPE, b"not json")], "not JSON"),
])
def test_a_hostile_archive_is_refused(tmp_path, members, word):
    refused(archive(tmp_path / "evil.tar.gz", *members), tmp_path, word)
    assert not (tmp_path / "evil").exists() and not (tmp_path.parent / "evil").exists()


def test_a_bomb_is_stopped_while_it_unpacks(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "BYTES_MAX", 1 << 20)
    path = archive(tmp_path / "bomb.tar.gz", ("run/big", tarfile.REGTYPE, bytes(8 << 20)))
    assert path.stat().st_size < 1 << 16
    refused(path, tmp_path, "more than 1 MiB")
    monkeypatch.setattr(importing, "FILES_MAX", 3)
    many = [(f"run/f{i}", tarfile.REGTYPE, b"") for i in range(5)]
    refused(archive(tmp_path / "many.tar.gz", *many), tmp_path, "more than 3 files")


def test_a_bomb_in_a_header_is_stopped_before_it_is_read(tmp_path, monkeypatch):
    """tarfile reads an extended header whole into memory: 700 MiB of zeros are 3 MB of gzip."""
    header = tarfile.TarInfo("run/header")
    header.type, header.size = tarfile.XHDTYPE, 1 << 20
    path = tmp_path / "pax.tar.gz"
    path.write_bytes(gzip.compress(header.tobuf(tarfile.USTAR_FORMAT) + bytes(1 << 20)))
    refused(path, tmp_path, "a header of 1048576 bytes")


def test_nesting_without_end_is_an_error_with_a_place(tmp_path):
    deep = b'{"schema": 1, "a": ' + b"[" * 100000 + b"]" * 100000 + b"}"
    refused(archive(tmp_path / "deep.tar.gz", ("run/plan.json", tarfile.REGTYPE, deep)), tmp_path,
            "not JSON")
    one = tarfile.TarInfo("run/header")
    one.type, one.size = tarfile.XHDTYPE, 512
    body = b"11 a=bcdef\n".ljust(512, b"\0")
    path = tmp_path / "chain.tar.gz"
    path.write_bytes(gzip.compress((one.tobuf(tarfile.USTAR_FORMAT) + body) * 3000))
    refused(path, tmp_path, "not a whole tar.gz")


def test_an_archive_that_is_cut_or_none(bundle, tmp_path):
    data = bundle.read_bytes()
    for name, part in (("cut.tar.gz", data[:len(data) // 2]), ("text.tar.gz", b"hello"),
                       ("empty.tar.gz", b""), ("gz.tar.gz", gzip.compress(b"no tar"))):
        (tmp_path / name).write_bytes(part)
        refused(tmp_path / name, tmp_path, "not a whole tar.gz" if part else "")


def test_a_link_in_a_folder_is_refused(run, tmp_path):
    folder = tmp_path / run.id
    shutil.copytree(run.path, folder)
    (folder / "samples.rejected").symlink_to("/etc/passwd")
    refused(folder, tmp_path, "'samples.rejected' is a link")


def test_every_format_holds_the_same_figures(run, tmp_path):
    held = export.tables(run)
    for name in export.TABLES:
        export.write(run, "csv", tmp_path / f"{name}.csv", name)
        with open(tmp_path / f"{name}.csv", newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        assert rows == [{k: "" if v is None else str(export.plain(v)) for k, v in row.items()}
                        for row in held[name]] and list(rows[0]) == list(export.COLUMNS[name])
    export.write(run, "json", tmp_path / "run.json")
    told = json.loads((tmp_path / "run.json").read_text())
    assert {name: told[name] for name in export.TABLES} == json.loads(json.dumps(held))
    export.write(run, "sqlite", tmp_path / "run.sqlite")
    with sqlite3.connect(tmp_path / "run.sqlite") as base:
        for name, columns in export.COLUMNS.items():
            rows = base.execute(f'SELECT * FROM "{name}"').fetchall()
            plain = [tuple(export.plain(row[c]) for c in columns) for row in held[name]]
            assert rows == plain, name
        told = base.execute("SELECT count(*) FROM columns WHERE meaning = ''").fetchone()
    assert told == (0,)


def test_one_row_a_sample_with_its_figures(run):
    rows = export.sample_rows(run)
    raw = run.samples()
    assert len(rows) == len(raw) == 40
    row, line = rows[-1], raw[-1]
    assert row["cell"] == line["cell"] and row["variant"] == line["result"]["variant"]
    assert row["ops"] == line["result"]["ops"] and row["instructions"] == line["instructions"]
    assert row["layout"] is None  # an old run has none: empty, not 0


def test_a_file_that_is_there_stays(run, tmp_path):
    (tmp_path / "x.csv").write_text("mine")
    with pytest.raises(CycloneError) as caught:
        export.write(run, "csv", tmp_path / "x.csv")
    assert caught.value.code == CANNOT_CREATE and (tmp_path / "x.csv").read_text() == "mine"
    with pytest.raises(CycloneError):
        export.write(run, "csv", tmp_path / "no-folder" / "x.csv")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.csv"]
