"""The parser of pipelines and options whose values may name files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolcli.pipeline.parser import Parser


def file_parser() -> Parser:
    """A parser that reads the arrays which options name from files."""
    from poolcli.io.load import load_arrays
    from poolcli.pipeline.parser import Parser

    return Parser(load_arrays)
