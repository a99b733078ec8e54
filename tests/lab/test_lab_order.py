"""The order of a block: every place and every neighbour alike, for even and for odd counts."""

from collections import Counter

import pytest

from lab import order


def rows_of(count, blocks, seed=3):
    return [[c["id"] for c in order.block_order({"g": [{"id": i} for i in range(count)]}, b, seed)]
            for b in range(blocks)]


@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_each_cell_stands_once_at_each_place_of_a_square(count):
    rows = rows_of(count, count)
    assert all(sorted(row[place] for row in rows) == list(range(count)) for place in range(count))


@pytest.mark.parametrize("count", [2, 3, 4, 5, 8, 13, 16])
def test_a_design_balances_places_and_neighbours(count):
    squares = 1 + count % 2
    rows = rows_of(count, count * squares)
    places = Counter((place, c) for row in rows for place, c in enumerate(row))
    assert set(places.values()) == {squares} and len(places) == count * count
    after = Counter(pair for row in rows for pair in zip(row, row[1:], strict=False))
    assert set(after.values()) == {squares} and len(after) == count * (count - 1)


def test_half_a_design_of_an_odd_count_is_not_balanced():
    """The check above can fail: one square of an odd count is not enough."""
    after = Counter(pair for row in order.williams(5) for pair in zip(row, row[1:], strict=False))
    assert len(set(after.values())) > 1 or len(after) < 20


def test_order_follows_from_the_seed_and_changes_with_it():
    assert rows_of(6, 6) == rows_of(6, 6) != rows_of(6, 6, seed=4)
    assert rows_of(6, 12)[:6] != rows_of(6, 12)[6:]


def test_groups_stay_together_and_their_order_is_drawn():
    groups = {k: [{"id": f"{k}{i}"} for i in range(3)] for k in "abcd"}
    orders = set()
    for block in range(8):
        ids = [c["id"][0] for c in order.block_order(groups, block, 1)]
        runs = [ids[i] for i in range(0, 12, 3)]
        assert ids == [k for k in runs for _ in range(3)]
        orders.add("".join(runs))
    assert len(orders) > 3
