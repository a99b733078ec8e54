"""The order of samples in a block: balanced over blocks, random between groups, from a seed.

A group is the cells of one workload and size. Over as many blocks as a group has cells, each cell
stands once at every place in its group, and once after each other cell, so that neither a drift
inside a block nor what a program leaves behind for the next falls on one variant (Williams 1949).
An odd count needs two squares for that, the second the mirror of the first.
"""

import random


def williams(count):
    """Rows of a Latin square whose neighbours are balanced; for an odd count, with its mirror."""
    first = [0]
    low, high = 1, count - 1
    while len(first) < count:
        first.append(low)
        low += 1
        if len(first) < count:
            first.append(high)
            high -= 1
    return [[(cell + shift) % count for cell in first] for shift in range(count)]


def _group_order(cells, block, seed, label):
    """One row of a square with relabelled cells; a design is one square, or two for an odd count,
    and after each design the labels are drawn anew."""
    count = len(cells)
    squares = 1 + count % 2
    design, row = divmod(block, count * squares)
    rng = random.Random(f"{seed}/{label}/{design}")
    relabel = rng.sample(range(count), count)
    rows = rng.sample(williams(count), count)
    if squares == 2:
        rows += [list(reversed(r)) for r in rng.sample(rows, count)]
    return [cells[relabel[place]] for place in rows[row]]


def block_order(groups, block, seed):
    """`groups`: label -> cells. All cells of the block, one after another."""
    labels = sorted(groups)
    random.Random(f"{seed}/block {block}").shuffle(labels)
    return [cell for label in labels
            for cell in _group_order(groups[label], block, seed, label)]
