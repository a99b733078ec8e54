"""The hot function and its machine code: callgrind's format, and a real program under it."""

import subprocess

import pytest

from lab import asm
from lab.errors import NO_INPUT, USAGE, CycloneError

PROFILE = """events: Ir
fn=(1) main
10 5
+1 7
cfn=(2) _ZN5wheel4turnEv
calls=3 20
+1 900
fn=(2)
20 300
* 100
fn=(3) walk
30 40
cfn=(4) walk'2
calls=1 0
31 60
fn=(4)
30 60
totals: 512
"""


def test_calls_are_counted_where_they_run():
    assert asm.self_costs(PROFILE) == [("_ZN5wheel4turnEv", 400), ("walk", 100), ("main", 12)]
    assert asm.self_costs("") == []


CODE = """
namespace inner { template <class T> struct box {
    __attribute__((noinline)) static T hotter(T x) {
        for (T i = 0; i < 40000u; ++i) x = x * 22695477u + (x >> 5);
        return x;
    }
}; }
extern "C" {
__attribute__((noinline)) unsigned cold(unsigned x) { return x * 3u + 1u; }
__attribute__((noinline)) unsigned hot_loop(unsigned x) {
    for (unsigned i = 0; i < 20000u; ++i) x = x * 1664525u + (x >> 7);
    return x;
}
__attribute__((noinline)) unsigned cyclone_measured_region(unsigned x) {
    return x == 3u ? inner::box<unsigned>::hotter(x) : hot_loop(cold(x));
}
}
int main(int argc, char**) {
    for (int i = 0; i < 1000; ++i) cold(static_cast<unsigned>(i));  // outside the region
    return cyclone_measured_region(static_cast<unsigned>(argc) > 9u ? 3u : 4u) == 42u;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    folder = tmp_path_factory.mktemp("asm")
    (folder / "hot.cpp").write_text(CODE)
    subprocess.run(["g++-12", "-O2", "-g", "-fno-ipa-icf", "hot.cpp", "-o", "hot"], cwd=folder,
                   check=True, timeout=120)
    return folder / "hot"


class FakeTree:
    @staticmethod
    def relative(path):
        return path.name


@pytest.fixture
def look(program, monkeypatch):
    monkeypatch.setattr(asm, "_program", lambda tree, variant: ("timer", program))
    monkeypatch.setattr(asm.gate, "describe", lambda path, place: {"workloads": ["start", "hold"]})
    return lambda **asked: asm.look(FakeTree, "hot", asm.Question(**asked))


def test_the_hottest_function_is_found_and_shown(look):
    found = look(source=True)
    assert found["symbol"] == "hot_loop" and found["workload"] == "start"
    first = found["functions"][0]
    assert first["name"] == "hot_loop" and first["share"] > 0.95
    assert found["instructions"] >= 20000 * 3
    text = asm.text(found)
    assert "<hot_loop>:" in text and "imul" in text and "hot.cpp:" in text
    assert "<cold>:" not in text


def test_a_name_of_cpp_is_readable(look):
    """With a parameter the program has more words, and takes the template."""
    found = look(params=("a=b",))
    assert found["symbol"] == "_ZN5inner3boxIjE6hotterEj"
    assert found["functions"][0]["name"] == "inner::box<unsigned int>::hotter(unsigned int)"
    assert "<inner::box<unsigned int>::hotter(unsigned int)" in asm.text(found)
    assert look(symbol="hotter", params=("a=b",))["lines"][0].endswith(":")


def test_a_symbol_may_be_named_and_the_output_is_bounded(look):
    assert "<cold>:" in "\n".join(look(symbol="cold")["lines"])
    found = look(lines=2)
    assert len(found["lines"]) == 2 < found["lines_total"]
    assert f"--lines {found['lines_total']}" in asm.text(found)
    assert "%e" in "\n".join(look(syntax="att")["lines"])


@pytest.mark.parametrize(("asked", "code", "word"), [
    ({"workload": "tick"}, USAGE, "start, hold"), ({"params": ("x",)}, USAGE, "KEY=VALUE"),
    ({"symbol": "no_such"}, NO_INPUT, "hot_loop")])
def test_what_is_not_there_is_said(look, asked, code, word):
    with pytest.raises(CycloneError) as caught:
        look(**asked)
    assert caught.value.code == code and word in caught.value.remedy
