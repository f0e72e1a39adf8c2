"""Compute something on the first map of each input of `compare`, or on a random map."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from poolcli.cli.input_maps import maps_of, there
from poolcli.cli.option_values import inputs_from
from poolcli.cli.shape_argument import form_from
from poolcli.errors import PoolError, RequestError, in_flags, plain

if TYPE_CHECKING:
    from poolcli.maps.feature_map import FeatureMap
    from poolcli.run.expand import InputFile

    NamedMap = tuple[str, FeatureMap]
    Input = tuple[str, Callable[[], NamedMap]]

T = TypeVar("T")


def each_input(
    inputs: Iterable[Input], compute: Callable[[str, FeatureMap], T]
) -> tuple[list[T], bool]:
    """What `compute` makes of the name and the map of each input, and whether an input failed.

    A failure is written to stderr; a RequestError would be the same for every input, and is raised.
    """
    results, failed = [], False
    for name, load in inputs:
        try:
            results.append(compute(*load()))
        except RequestError:
            raise
        except PoolError as error:
            failed = True
            click.echo(f"Error: {plain(name)}: {plain(in_flags(error))}", err=True)
    return results, failed


def inputs_of(params: dict[str, Any]) -> list[Input]:
    """The name of each input, and the call that loads its map."""
    from poolcli.run.expand import expand

    shape = params["shape_text"]
    if shape is None:
        return [
            (str(found.name), partial(_first_map, found, params["layout"]))
            for found in expand(inputs_from(params)).files
        ]
    if params["inputs"] or params["files_from"]:
        raise RequestError("give files, or --input with a shape, and not both")
    return [(f"random {shape}", partial(_random_map, params))]


def _first_map(found: InputFile, layout: str | None) -> NamedMap:
    """The first map of a file, named so where there are others."""
    path = there(found)
    first, *others = maps_of(path, layout)
    if not others:
        return str(path), first
    return f"{path} ({first.name}, the first of {len(others) + 1})", first


def _random_map(params: dict[str, Any]) -> NamedMap:
    from poolcli.analysis.random_maps import random_map

    form = form_from(params["shape_text"], params["layout"], params["dtype"])
    return f"random {params['shape_text']}", random_map(form)
