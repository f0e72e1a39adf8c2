"""Cutting the work: blocks that stay in cache, and threads that do them.

NumPy lets go of the interpreter lock inside a call, so threads help as long as calls are long: blocks are as large as
the cache allows, and a thread that is done with one takes the next.
"""

from __future__ import annotations

import os
from _thread import start_new_thread
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from contextvars import copy_context
from fractions import Fraction
from functools import cache, partial
from itertools import product
from math import gcd, inf, prod
from queue import SimpleQueue
from typing import Any, NamedTuple, Protocol, Self

import numpy as np

from poolcli.maps.array import Array
from poolcli.resources import threads as share
from poolcli.resources.memory import here

BLOCK = 1 << 22  # bytes of pixels, or of their states where these are wider, worked on at a time
PIECE = 1 << 22  # values of windows that are copied at a time
COPIED = 50  # bytes that such a value takes until its window is reduced
SMALL = 1 << 20  # bytes of such a block, at least
ALONE = (
    1 << 23
)  # effort up to which one thread is quicker than several, which wait for the interpreter
APART = (
    1 << 24
)  # effort from which threads do not wait until the system has found a processor for each


class Load(NamedTuple):
    """Bytes for work: on a pixel, on the least done at a time, on all; for the size of a block a pixel has `weight`.

    `effort` is about how long all takes, where a byte takes as long as it does in a maximum of 2x2.
    """

    weight: float
    pixel: int
    least: int
    whole: int
    effort: float = inf

    @classmethod
    def of(cls, loads: Sequence[Load]) -> Load:
        """What takes all of these, one after another."""
        return cls(
            min((load.weight for load in loads), default=1),
            max((load.pixel for load in loads), default=1),
            max((load.least for load in loads), default=0),
            sum(load.whole for load in loads),
            sum(load.effort for load in loads),
        )

    @property
    def threads(self) -> int:
        """How many work at once, so that each has memory for the least."""
        work = here().work
        if self.effort <= ALONE:
            return 1
        return (
            share.threads
            if work == inf
            else max(1, min(share.threads, int(work // max(self.least, 1))))
        )

    @property
    def block(self) -> int:
        """Bytes that a thread works with: its share, but no more than cache and memory allow, nor next to nothing."""
        least, most = (size / self.weight * self.pixel for size in (SMALL, BLOCK))
        return int(
            min(max(least, -(-self.whole // self.threads)), most, here().work / self.threads)
        )

    @property
    def bands(self) -> int:
        """About how many parts the work is cut into."""
        return max(1, min(-(-self.whole // self.block), self.whole // max(self.least, 1)))

    @property
    def peak(self) -> int:
        """Bytes that all threads work with."""
        return min(self.whole, self.threads * max(self.block, self.least))


def copied_at_once() -> int:
    """How many values of windows a thread may copy."""
    return int(min(PIECE, here().work / share.threads / 2 / COPIED))


class Task(NamedTuple):
    """A block: what to read, where its cells go, and the cells between."""

    source: tuple[Any, ...]
    target: tuple[Any, ...]
    axes: tuple[Any, ...]


class Cells(Protocol):
    """The cells along an axis, as `grid.Axis` has them: how many, the pixels one spans, and their distance."""

    @property
    def cells(self) -> int: ...
    @property
    def window(self) -> int: ...
    @property
    def stride(self) -> Fraction: ...
    def part(self, first: int, stop: int) -> tuple[slice, Self]:
        """Some of the cells: the pixels they see, and the cells as an axis of those pixels alone."""
        ...


def cut(x: Array, axes: Sequence[Cells], load: Load) -> list[Task]:
    """The work on an array (..., *map) as tasks, neighbours in memory next to each other."""
    lead, sizes, block = x.shape[: x.ndim - len(axes)], x.shape[x.ndim - len(axes) :], load.block
    seen, parts = zip(
        *(_part(axis, size, 0, axis.cells) for axis, size in zip(axes, sizes, strict=True)),
        strict=True,
    )
    if 0 < load.whole <= block:
        return [Task((*map(slice, lead), *seen), (*map(slice, lead), slice(axes[0].cells)), parts)]
    rows, *columns = (span.stop - span.start for span in seen)
    room = max(1, block // load.pixel)
    together = _together(x, len(axes))
    if here().limit is not None and load.least * together > here().work:
        together = 1
    group = max(1, room // (rows * prod(columns) * together)) * together
    leads = list(_lead(lead, group, load.threads))
    shares = load.threads // gcd(load.threads, len(leads))
    bands = list(_bands(axes[0], sizes[0], room / (prod(columns) * together), shares))
    return [
        Task((*group, band, *seen[1:]), (*group, cells), (part, *parts[1:]))
        for band, cells, part in bands
        for group in leads
    ]


def _part(axis: Cells, size: int, first: int, stop: int) -> tuple[slice, Cells]:
    """The pixels that some cells see, and these as an axis of those: all of the axis where most is seen by all cells,
    as that lies together; a box sees few.
    """
    pixels, part = axis.part(first, stop)
    most = stop - first == axis.cells and 2 * (pixels.stop - pixels.start) > size
    return (slice(0, size), axis) if most and here().limit is None else (pixels, part)


def _together(x: Array, space: int) -> int:
    """How many planes lie in memory pixel by pixel, as the channels of an image do: they are worked on at once."""
    lead = x.ndim - space
    interleaved = lead > 0 and 0 < abs(x.strides[lead - 1]) < abs(x.strides[-1])
    return x.shape[lead - 1] if interleaved else 1


def _bands(
    first: Cells, size: int, rows: float, shares: int
) -> Iterator[tuple[slice, slice, Cells]]:
    """Bands of at most about so many rows, as many for each of `shares` threads; if there is no limit, long enough
    that what neighbours share is small.
    """
    stride = float(first.stride)
    least = int(4 * first.window / stride) if here().limit is None else 1
    most = max(int((rows - first.window) / stride) + 1, least, 1)
    step = max(_equal(first.cells, most, shares), least)
    for start in range(0, first.cells, step):
        stop = min(start + step, first.cells)
        source, part = _part(first, size, start, stop)
        yield source, slice(start, stop), part


def _lead(lead: tuple[int, ...], group: int, threads: int) -> Iterator[tuple[Any, ...]]:
    """Groups of planes: neighbours on the last axis, and on the one before where the last is small."""
    if not lead:
        yield ()
        return
    *outer, last = lead
    if outer and 0 < last <= group:
        yield from (
            (*planes, slice(0, last)) for planes in _lead(tuple(outer), group // last, threads)
        )
        return
    group = _equal(last, group, threads // gcd(threads, prod(outer)))
    for index in product(*map(range, outer)):
        for start in range(0, last, group):
            yield (*index, slice(start, start + group))


def _equal(size: int, most: int, shares: int) -> int:
    """How long parts are at most: as many for each share, unless one is enough, and as equal as can be."""
    parts = max(1, -(-size // most))
    if parts > 1:
        parts = -(-parts // shares) * shares
    return max(1, -(-size // parts))


def run(tasks: Sequence[Task], work: Callable[[Task], None], load: Load) -> None:
    """Do all tasks, in as many threads as there are processors and memory for, when there is enough to do."""
    count = min(load.threads, len(tasks))
    if count <= 1:
        _each(deque(tasks), work)
        return
    hand = _apart if load.effort > APART and count == share.cores() else _each
    waiting, begun = deque(tasks), 0
    errors: list[BaseException | None] = []
    ended: SimpleQueue[None] = (
        SimpleQueue()
    )  # which an interruption leaves as it is, unlike what waits for a future

    def other() -> None:
        try:
            hand(waiting, work)
        except BaseException as error:  # noqa: BLE001 - raised where the work was asked for
            errors.append(error)
        else:
            errors.append(None)
        ended.put(None)

    try:
        with suppress(RuntimeError):  # the system may give no more threads
            for _ in range(count - 1):
                _crew(os.getpid()).submit(partial(copy_context().run, other))
                begun += 1
        hand(waiting, work)
        while len(errors) < begun:
            ended.get()
    except BaseException:
        waiting.clear()
        while len(errors) < begun:  # who asked may use the arrays again
            ended.get()
        raise
    for error in filter(None, errors):
        raise error


class Crew:
    """Threads beside the calling one, which stay: to start one takes as long as to pool a small array.

    They are handed work by what an interruption leaves as it is; an executor of the standard library may lock for good.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._begun = 0

    def submit(self, call: Callable[[], None]) -> None:
        """To be called by the next thread that is free, of as many as there are processors."""
        if self._begun < share.cores():
            start_new_thread(self._serve, ())
            self._begun += 1
        self._calls.put(call)

    def _serve(self) -> None:
        while True:
            self._calls.get()()


@cache
def _crew(_process: int) -> Crew:
    """Of this process: threads do not survive a fork."""
    return Crew()


def _apart(tasks: deque[Task], work: Callable[[Task], None]) -> None:
    """Do the tasks that are left, next to other threads that do."""
    share.apart(partial(_each, tasks, work))


def _each(tasks: deque[Task], work: Callable[[Task], None]) -> None:
    """Do one task after another until none is left, or one fails."""
    with np.errstate(all="ignore"):
        while True:
            try:
                task = tasks.popleft()
            except IndexError:
                return
            try:
                work(task)
            except BaseException:
                tasks.clear()
                raise
