"""Placements by name, on machines made of files."""

import pytest

from lab import placement


def machine_of(root, cpus, nodes):
    """`cpus`: cpu -> (package, sibling list); `nodes`: node -> cpu list."""
    for cpu, (package, siblings) in cpus.items():
        topology = root / "cpu" / f"cpu{cpu}" / "topology"
        topology.mkdir(parents=True)
        (topology / "physical_package_id").write_text(f"{package}\n")
        (topology / "thread_siblings_list").write_text(f"{siblings}\n")
    for node, text in nodes.items():
        (root / "node" / f"node{node}").mkdir(parents=True)
        (root / "node" / f"node{node}" / "cpulist").write_text(f"{text}\n")
    return placement.machine(list(cpus), str(root))


@pytest.fixture
def big(tmp_path):
    """Two packages of two cores of two threads, a node each."""
    return machine_of(tmp_path, {0: (0, "0,4"), 1: (0, "1,5"), 2: (1, "2,6"), 3: (1, "3,7"),
                                 4: (0, "0,4"), 5: (0, "1,5"), 6: (1, "2,6"), 7: (1, "3,7")},
                      {0: "0-1,4-5", 1: "2-3,6-7"})


@pytest.mark.parametrize(("name", "cpus"), [
    ("one_cpu", [7]), ("smt_siblings", [7, 3]), ("two_cores", [7, 6]), ("cross_package", [7, 5]),
    ("cross_node", [7, 5]), ("all_cpus", [7, 6, 5, 4, 3, 2, 1, 0])])
def test_a_name_says_what_is_shared(big, name, cpus):
    assert placement.resolve(name, big) == {"cpus": cpus}


@pytest.mark.parametrize(("name", "words"), [
    ("smt_siblings", "hardware threads"), ("cross_package", "one package"),
    ("cross_node", "one memory node")])
def test_what_the_machine_lacks_is_a_reason(tmp_path, name, words):
    small = machine_of(tmp_path, {0: (0, "0"), 1: (0, "1")}, {0: "0-1"})
    assert words in placement.resolve(name, small)["unavailable"]
    assert placement.resolve("two_cores", small) == {"cpus": [1, 0]}


def test_only_allowed_cpus_are_named(big, tmp_path):
    allowed = placement.machine([0, 4], str(tmp_path))
    assert placement.resolve("all_cpus", allowed) == {"cpus": [4, 0]}
    assert "unavailable" in placement.resolve("two_cores", allowed)
    assert placement.resolve("smt_siblings", allowed) == {"cpus": [4, 0]}


def test_a_machine_without_topology_files_has_cpus_all_the_same(tmp_path):
    bare = placement.machine([0, 1], str(tmp_path))
    assert placement.resolve("one_cpu", bare) == {"cpus": [1]}
    assert placement.resolve("two_cores", bare) == {"cpus": [1, 0]}
