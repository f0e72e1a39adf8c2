"""The shapes of blocks and pieces: as large as memory allows and workers need, and no larger."""

from __future__ import annotations

from typing import NamedTuple

from poolcli.pipeline.region_walk import whole_letters
from poolcli.run.region_need import RegionNeed, Shape

# Bytes of the input that a block should at least read. Blocks of 16 MB are a thousandth of a
# second's work each; smaller ones cost more calls, larger ones memory.
_TARGET = 1 << 24
_BLOCKS = 4  # blocks for each worker, so that none waits long for the others at the end
CALLS = 1 << 17  # bytes that are pooled in the time that the calls for a piece take


class Share(NamedTuple):
    """The memory of each of so many workers."""

    nbytes: int
    workers: int

    def suits(self, need: RegionNeed, block: Shape, piece: Shape) -> bool:
        """Whether a piece of a block fits, and there are enough blocks for all workers."""
        is_enough = need.parts(block) >= _BLOCKS * self.workers
        return is_enough and need.bytes_of(piece, block) <= self.nbytes


def shrunk(need: RegionNeed, block: Shape, share: int) -> Shape:
    """The largest piece of a block that fits, halved where it reads most chunks of the input."""
    piece, together = block, whole_letters(need.stages, need.form)
    letters = need.planned.header.layout
    while need.bytes_of(piece, block) > share:
        axes = [
            axis
            for axis, letter in enumerate(letters)
            if piece[axis] > 1 and letter not in together
        ]
        if not axes:
            break
        spans = _spans_in_chunks(need, piece)
        axis = max(axes, key=lambda each: (spans.get(letters[each], 1.0), -each))
        piece = _halved(piece, axis)
    return piece


def _halved(piece: Shape, axis: int) -> Shape:
    return (*piece[:axis], -(-piece[axis] // 2), *piece[axis + 1 :])


def stretched(need: RegionNeed, block: Shape, piece: Shape, share: Share) -> tuple[Shape, Shape]:
    """Blocks of several chunks, and their pieces, where these take less time.

    What windows share is read by both pieces that they lie in. A narrower piece can be so much
    longer that less is read in all.
    """
    best, least = (block, piece), _cost(need, piece)
    while True:
        longer = _lengthened(need, block, piece, share)
        cost = _cost(need, longer[1])
        if cost < least:
            best, least = longer, cost
        cut = [axis for axis, size in enumerate(piece) if 1 < size < block[axis]]
        if not cut or 2 * cost > 3 * least:
            return best
        piece = _halved(piece, max(cut, key=piece.__getitem__))


def _lengthened(need: RegionNeed, block: Shape, piece: Shape, share: Share) -> tuple[Shape, Shape]:
    """A block and its pieces, doubled along axes that are not cut while they fit into memory."""
    while True:
        read = need.sizes_read(piece)
        letters = need.planned.header.layout
        whole = [
            axis
            for axis, size in enumerate(need.shape)
            if piece[axis] == block[axis] < size and letters[axis] in read
        ]
        if not whole:
            return block, piece
        axis = max(whole, key=lambda each: (read[letters[each]] / piece[each], each))
        longer, larger = _doubled(need, piece, axis), _doubled(need, block, axis)
        if not share.suits(need, larger, longer):
            return block, piece
        block, piece = larger, longer


def _cost(need: RegionNeed, piece: Shape) -> int:
    """The time that all pieces take together, in bytes that are pooled meanwhile."""
    return need.parts(piece) * (need.read_bytes(piece) + CALLS)


def _spans_in_chunks(need: RegionNeed, piece: Shape) -> dict[str, float]:
    """How many chunks of the input a piece reads along each axis."""
    source, read = need.planned.source, need.sizes_read(piece)
    chunks = zip(source.layout, source.chunks or source.shape, strict=True)
    return {letter: read[letter] / chunk for letter, chunk in chunks}


def grown(need: RegionNeed, block: Shape, share: Share) -> Shape:
    """Several chunks together: until they read whole chunks of the input, and enough of these."""
    larger: Shape | None = block
    while larger is not None:
        block = larger
        axis = _axis_to_grow(need, block)
        larger = None if axis is None else _doubled(need, block, axis)
        if larger is not None and not share.suits(need, larger, larger):
            larger = None
    return block


def _axis_to_grow(need: RegionNeed, block: Shape) -> int | None:
    """The axis along which a block reads least of a chunk; the last one if it reads too little."""
    letters = need.planned.header.layout
    open_axes = [axis for axis, size in enumerate(need.shape) if block[axis] < size]
    spans = _spans_in_chunks(need, block)
    broken = [axis for axis in open_axes if spans.get(letters[axis], 1.0) < 1]
    if broken:
        return min(broken, key=lambda axis: spans[letters[axis]])
    return open_axes[-1] if open_axes and need.read_bytes(block) < _TARGET else None


def _doubled(need: RegionNeed, block: Shape, axis: int) -> Shape:
    return (*block[:axis], min(2 * block[axis], need.shape[axis]), *block[axis + 1 :])
