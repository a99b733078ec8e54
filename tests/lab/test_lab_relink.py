"""Layouts: other addresses, the same program; a link is made once; what cannot be is said."""

import subprocess

import pytest

from lab import ctl_run, gate, relink
from lab.errors import CycloneError
from lab.tree import Tree

CODE = "\n".join(f'extern "C" __attribute__((noinline)) int f{i}(int x) {{ return x * {i} + 1; }}'
                 for i in range(40)) + "\n#include <cstdio>\n" + \
    "int main() { int s = 0; " + "".join(f"s += f{i}(s); " for i in range(40)) + \
    'std::printf("%d\\n", s & 255); }\n'
BUILD = """rule cxx
  command = g++ -O1 -ffunction-sections -c $in -o $out
rule link
  command = : && g++ -O1 $in -o $out && :
build toy.o: cxx toy.cpp
build bench/timer/toy: link toy.o
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    folder = root / "build" / "release"
    (folder / "bench" / "timer").mkdir(parents=True)
    (folder / "toy.cpp").write_text(CODE)
    (folder / "build.ninja").write_text(BUILD)
    subprocess.run(["ninja", "-C", str(folder)], check=True, capture_output=True)
    return Tree(root)


def addresses(path):
    said = subprocess.run(["nm", str(path)], check=True, capture_output=True, text=True).stdout
    lines = [x.split() for x in said.splitlines()]
    return {x[2]: int(x[0], 16) for x in lines if len(x) == 3 and x[2].startswith("f")}


def order_of(path):
    found = addresses(path)
    return sorted((f for f in found if f[1:].isdigit()), key=found.get)


def test_a_seed_gives_another_order_and_the_same_answers(built):
    made = relink.make(built, {("timer", "toy"): [11, 12, 13]})["timer", "toy"]
    paths = [built.root / link["path"] for link in made]
    orders = {tuple(order_of(p)) for p in paths}
    assert len(orders) == 3 and all(len(o) == 40 for o in orders)
    said = {subprocess.run([str(p)], capture_output=True, check=True).stdout for p in paths}
    assert len(said) == 1
    assert len({link["sha256"] for link in made}) == 3
    assert [link["seed"] for link in made] == [11, 12, 13]


def test_the_same_seed_is_not_linked_again_and_others_are_forgotten(built):
    first = relink.make(built, {("timer", "toy"): [11, 12]})["timer", "toy"]
    stamp = (built.root / first[0]["path"]).stat().st_mtime_ns
    again = relink.make(built, {("timer", "toy"): [11]})["timer", "toy"]
    assert again == first[:1]
    assert (built.root / first[0]["path"]).stat().st_mtime_ns == stamp
    assert not (built.root / first[1]["path"]).exists()


def test_seeds_follow_from_the_seed_of_the_run():
    one, two = relink.seeds(11, 1), relink.seeds(11, 1)
    assert one == two != relink.seeds(11, 2)
    assert len({*one[0], *one[1]}) == 22  # a twin never runs the link of its reference


def test_a_link_that_fails_names_the_command(built):
    folder = built.preset("release")
    (folder / "build.ninja").write_text(BUILD.replace("-O1 $in", "-O1 -lnosuchlibrary $in"))
    with pytest.raises(CycloneError) as caught:
        relink.make(built, {("timer", "toy"): [99]})
    assert "relinking failed" in caught.value.message and "g++" in caught.value.remedy
    (folder / "build.ninja").write_text(BUILD)


def test_a_target_the_build_does_not_know_is_an_error(built):
    with pytest.raises(CycloneError, match="does not say how"):
        relink.link_command(built.preset("release"), "bench/timer/none")


def test_without_a_linker_layouts_are_given_up_with_the_reason(monkeypatch, built):
    monkeypatch.setattr(relink, "linker", lambda: (None, "no linker that shuffles"))
    laid = {"blocks": 11, "cells": [], "given_up": []}
    assert ctl_run.link_layouts(built, laid, 1, lambda text: None) == (None, {})
    assert laid["given_up"] == [{"cell": "layouts", "why": "no linker that shuffles"}]


def test_a_layout_that_fails_its_check_turns_the_variant_red(built, tmp_path):
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text("#!/bin/sh\nexit 0\n")
    bad.write_text("#!/bin/sh\necho 'S3 broken at operation 7' >&2\nexit 1\n")
    for path in (good, bad):
        path.chmod(0o755)
    links = [{"seed": 5, "path": str(good)}, {"seed": 6, "path": str(bad)}]
    gate.begin_log(built)
    red = gate.check_links(built, {("timer", "toy"): {"layouts": links, "twins": []},
                                   ("timer", "fine"): {"layouts": links[:1], "twins": []},
                                   ("timer", "floor"): {"layouts": links, "twins": []}}, 1)
    assert list(red) == ["toy"] and not red["toy"]["passed"]
    assert "in layout 6" in red["toy"]["detail"] and "S3 broken" in red["toy"]["output"]
