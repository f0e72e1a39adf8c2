"""Read the pipeline of a command: from its first word, or from a recipe file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from poolcli.cli.file_parser import file_parser
from poolcli.cli.option_values import text_from
from poolcli.errors import RequestError
from poolcli.pipeline.registry import is_operation

if TYPE_CHECKING:
    from poolcli.pipeline.pipeline import Pipeline


class PipelineArgument(NamedTuple):
    """A pipeline, the shape of input that its recipe names, and the words that follow it."""

    pipeline: Pipeline
    recipe_shape: str | None
    rest: tuple[str, ...]


def pipeline_from(words: tuple[str, ...], recipe: str | None) -> PipelineArgument:
    """The pipeline of a recipe file where one is named, else of the first word."""
    if recipe is not None:
        pipeline, shape = _load(recipe)
        return PipelineArgument(pipeline, shape, words)
    if not words:
        raise RequestError("give a pipeline, like 'max -k 3 -s 2 | avg --global', or --file RECIPE")
    if os.path.exists(words[0]):  # noqa: PTH110 - pathlib raises for a text too long to be a path
        raise RequestError(
            f"give a pipeline in quotes before the files, like 'max -k 2' {words[0]}"
        )
    return PipelineArgument(file_parser().parse(words[0]), None, words[1:])


def _load(recipe: str) -> tuple[Pipeline, str | None]:
    text = text_from("--file", recipe)
    try:
        return file_parser().recipe(text)
    except RequestError as error:
        raise RequestError(f"{recipe}: {error}") from None


def is_pipeline(word: str) -> bool:
    """Whether a word is a pipeline and no file: an operation, or any name with options or steps.

    >>> is_pipeline("max"), is_pipeline("mxa -k 2"), is_pipeline("photo.png")
    (True, True, False)
    """
    if os.path.exists(word):  # noqa: PTH110 - pathlib raises for a text too long to be a path
        return False
    name, *rest = re.split("[ |]", word, maxsplit=1)
    return is_operation(name) or (bool(rest) and name.replace("-", "").isalpha())
