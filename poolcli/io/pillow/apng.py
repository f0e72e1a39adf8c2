"""An animated PNG: the chunks of PNGs of its frames, put together (PNG, 4.9 and 11.3.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import count
from struct import pack
from typing import Any

from PIL import Image

from poolcli.io.pillow.animation import Animation, AnimationFrame, saved
from poolcli.io.pillow.png_chunks import SIGNATURE, chunk, chunks

_LARGEST = 65535  # of the two numbers that make a duration
_OF_PIXELS = ("compress_level", "optimize")  # options that every frame is written with


def encode_apng(animation: Animation, options: Mapping[str, Any]) -> bytes:
    """The bytes of an APNG; `options` are those of Pillow."""
    first = animation.images[0] if animation.still is None else animation.still
    found = list(chunks(saved(first, "PNG", **options)))
    start = next(at for at, (kind, _) in enumerate(found) if kind == b"IDAT")
    control = b"acTL", pack(">II", len(animation.images), animation.plays)
    written = [found[0], control, *found[1:start]]
    numbers = count()
    for number, frame in enumerate(animation.changes()):
        written.append((b"fcTL", _control(frame, next(numbers))))
        if number == 0 and animation.still is None:
            written += found[start:-1]
            continue
        if number == 0:
            written[-1:-1] = found[start:-1]
        pixels = _pixels(frame.image, options)
        written += [(b"fdAT", pack(">I", next(numbers)) + data) for data in pixels]
    return SIGNATURE + b"".join(chunk(*each) for each in [*written, found[-1]])


def _control(frame: AnimationFrame, number: int) -> bytes:
    """What an fcTL chunk says: the frame stays, and replaces what is below it."""
    delay = _seconds(frame.duration)
    return pack(
        ">5I2H2B",
        number,
        *frame.image.size,
        frame.left,
        frame.top,
        delay.numerator,
        delay.denominator,
        0,
        0,
    )


def _seconds(milliseconds: float) -> Fraction:
    """A duration as two numbers of 16 bits."""
    seconds = min(Fraction(milliseconds) / 1000, Fraction(_LARGEST))
    limit = _LARGEST if seconds <= 1 else int(_LARGEST / seconds)
    return seconds.limit_denominator(limit)


def _pixels(image: Image.Image, options: Mapping[str, Any]) -> Iterator[bytes]:
    kept = {name: options[name] for name in _OF_PIXELS if name in options}
    return (data for kind, data in chunks(saved(image, "PNG", **kept)) if kind == b"IDAT")
