"""Cuts of an axis along the tree in which the taps of a window are merged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Node(NamedTuple):
    """Taps of a window that are merged with each other first: the first, and how many."""

    start: int
    number: int


class FoldTree:
    """A window of `number` taps in parts of about `most`, each of which is folded by itself.

    An even number of taps are two halves; of an odd number, the last is merged with the others: see
    `engine.backend`. `leaves` are the parts in order, and `family` has for every node but the root
    what it is a part of, what it is merged with, and whether it is the first of the two.

    >>> [leaf.number for leaf in FoldTree(22, 4).leaves]
    [5, 5, 1, 5, 5, 1]
    """

    def __init__(self, number: int, most: int) -> None:
        self.root = Node(0, number)
        self.family: dict[Node, tuple[Node, Node, bool]] = {}
        self.leaves = tuple(self._cut(self.root, most))

    def groups(self, most: int) -> list[list[Node]]:
        """Neighbours among the leaves, of about `most` taps together: what is read at once.

        >>> [len(group) for group in FoldTree(22, 4).groups(4)]
        [1, 2, 1, 2]
        """
        found: list[list[Node]] = []
        for leaf in self.leaves:
            start = found[-1][0].start if found else 0
            if found and leaf.start + leaf.number - start <= most + 2:
                found[-1].append(leaf)
            else:
                found.append([leaf])
        return found

    def _cut(self, node: Node, most: int) -> Iterator[Node]:
        if node.number <= most + 1 or node.number < 2:
            yield node
            return
        whole = node.number % 2 == 0
        size = node.number // 2 if whole else node.number - 1
        first = Node(node.start, size)
        second = Node(node.start + size, node.number - size)
        self.family[first] = node, second, True
        self.family[second] = node, first, False
        yield from self._cut(first, most)
        yield from self._cut(second, most)
