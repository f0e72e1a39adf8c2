"""Text that a stream can encode."""

from __future__ import annotations

from typing import TextIO


def encodable(text: str, stream: TextIO) -> str:
    """The text, with arrows as `->` and rules as `-` where the stream's encoding has neither."""
    if text.isascii():
        return text
    try:
        "→─".encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return text.replace("→", "->").replace("─", "-")
    return text
