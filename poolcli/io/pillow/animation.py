"""The frames of an animation, for the writers of GIF, APNG and WebP.

Pillow's writers leave out a frame that equals the one before, and show that one longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from PIL import Image


class AnimationFrame(NamedTuple):
    """The part of a frame that differs from the one before, where it is, and milliseconds."""

    image: Image.Image
    left: int
    top: int
    duration: float


class Animation(NamedTuple):
    """Frames of one size and mode, each with its milliseconds, shown `plays` times (0: for ever).

    `still` is an image that is no frame: what programs show that show no animations.
    """

    images: Sequence[Image.Image]
    durations: Sequence[float]
    plays: int = 1
    still: Image.Image | None = None

    def whole(self) -> Iterator[AnimationFrame]:
        """The frames."""
        for image, duration in zip(self.images, self.durations, strict=True):
            yield AnimationFrame(image, 0, 0, duration)

    def changes(self, step: int = 1) -> Iterator[AnimationFrame]:
        """The first frame, and of the others what changes; at places that are multiples of `step`.

        Of a frame that equals the one before it is one pixel.
        """
        before = None
        for frame in self.whole():
            after = np.asarray(_colours(frame.image))
            box = (0, 0, *frame.image.size) if before is None else _changed(before, after, step)
            yield frame._replace(image=frame.image.crop(box), left=box[0], top=box[1])
            before = after


def _colours(image: Image.Image) -> Image.Image:
    """The image, or the colours of a palette, which other frames may have at other indices."""
    return image.convert("RGB") if image.mode == "P" else image


def _changed(before: Any, after: Any, step: int) -> tuple[int, int, int, int]:
    """The smallest box with all pixels that differ."""
    differ = before != after
    if differ.ndim == 3:
        differ = differ.any(-1)
    rows, columns = np.flatnonzero(differ.any(1)), np.flatnonzero(differ.any(0))
    if not rows.size:
        return 0, 0, 1, 1
    left, top = (int(each[0]) // step * step for each in (columns, rows))
    return left, top, int(columns[-1]) + 1, int(rows[-1]) + 1


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of a file that Pillow writes."""
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()
