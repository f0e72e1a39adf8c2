"""A stream in memory whose name tells Pillow the format."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image

# Formats for which Pillow then loads one plugin; for a format that is named, it loads five.
SUFFIXES = {"PNG": ".png", "JPEG": ".jpg"}


class NamedStream(BytesIO):
    """A stream in memory with the name of a file that does not exist."""

    def __init__(self, suffix: str) -> None:
        super().__init__()
        self.name = f"image{suffix}"


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of an image in a format, by Pillow's name for it."""
    if kind in SUFFIXES:
        named = NamedStream(SUFFIXES[kind])
        image.save(named, **options)
        return named.getvalue()
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()
