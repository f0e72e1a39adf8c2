"""Readers of the values that come from files or are pipelines."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from poolcli.errors import FileError, RequestError
from poolcli.pipeline.arrays import (
    ArrayFile,
    as_array,
    as_taps,
    is_path,
    of_file,
    with_taps,
)
from poolcli.pipeline.boxes import as_boxes
from poolcli.pipeline.fractional_samples import Samples, as_samples
from poolcli.pipeline.parameters import Parameter
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Step

if TYPE_CHECKING:
    from poolcli.maps.array import Array

Load = Callable[[str], Mapping[str, "Array"]]
Parse = Callable[[str], Pipeline]
NPY = b"\x93NUMPY"  # how a .npy begins


class Readers:
    """Methods that read the values of options, named by `Kind.source`.

    Parameters
    ----------
    parse
        Reads the text of a pipeline.
    load
        Returns the arrays of a file by their names, the axes as batch, channels, space; raises
        FileError. Without it options take arrays, and no files.
    """

    def __init__(self, parse: Parse, load: Load | None = None) -> None:
        self._parse = parse
        self._load = load

    def read(self, option: Parameter, value: Any) -> Any:
        """Return the value of a text or a Python value; RequestError where it is wrong."""
        source = option.kind.source
        return option.read(value, getattr(self, source) if source else None)

    def array(self, value: Any) -> ArrayFile:
        """Read the only array of a file, or an array."""
        return self._array(value, several=False)

    def arrays(self, value: Any) -> ArrayFile:
        """Read a file that may hold an array for each of several maps, or an array."""
        return self._array(value, several=True)

    def weights(self, value: Any) -> ArrayFile | str:
        """Read weights: a file, an array, or the word for a bell."""
        if isinstance(value, str) and value == "gaussian":
            return value
        weights = self.array(value)
        if not weights.array.size:
            raise ValueError("has no values")
        return weights

    def taps(self, value: Any) -> ArrayFile | str:
        """Read a footprint: its name, a file, or an array."""
        is_word = isinstance(value, str) and value.isidentifier()
        if self._load is None or (is_word and not os.path.exists(value)):  # noqa: PTH110
            return as_taps(value)
        return with_taps(self.array(value))

    def boxes(self, value: Any) -> ArrayFile:
        """Read boxes: a file (CSV, JSON, .npy), JSON, or rows of numbers."""
        from poolcli.pipeline import box_rows  # here, as it imports JSON and CSV

        if not is_path(value):
            return as_boxes(value)
        path = os.fspath(value)
        if path.startswith("["):
            return box_rows.of_json(path)
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - pathlib would slow the start
                content = file.read()
        except FileNotFoundError:
            raise OSError("there is no such file or folder") from None
        except OSError as error:
            raise OSError(error.strerror or "cannot be read") from None
        if content.startswith(NPY):
            rows = box_rows.checked(self.array(value).array)
        else:
            rows = box_rows.of_text(content)
        return ArrayFile(path, rows, kind="boxes")

    def samples(self, value: Any) -> Samples:
        """Read a number for each axis, or the array in a file."""
        if is_path(value) and os.path.isfile(value):  # noqa: PTH113 - pathlib slows the start
            return self.array(value)
        return as_samples(value)

    def branches(self, value: Any) -> tuple[Pipeline, ...]:
        """Read pipelines, each as text or as `Pipeline`, that make one map of one."""
        texts = value if isinstance(value, (list, tuple)) else [value]
        branches = tuple(self._pipeline(text) for text in texts)
        if not branches:
            raise ValueError("takes one pipeline or more, like 'max -k 2' 'avg -k 2'")
        for branch in branches:
            if branch.several:
                raise RequestError(f"{branch} gives several maps, and a branch gives one")
        return branches

    def reducer(self, value: Any) -> Step:
        """Read a reducer with the options of its formula, as text or as a pipeline of one step."""
        if isinstance(value, Step):
            return value
        first, *more = self._pipeline(value).steps
        own = {option.name for option in first.op.parameters}
        others = {name for name, _ in first.options} - own - {"kernel"}
        slides = first.windows is not None and first.windows.name == "sliding"
        if more or others or not slides or first["kernel"] != (2,):
            raise ValueError(
                "takes one reducer and the options of its formula, like 'gem --norm 4'"
            )
        return first

    def _array(self, value: Any, *, several: bool) -> ArrayFile:
        if self._load is None or not is_path(value):
            return as_array(value)
        path = os.fspath(value)
        try:
            arrays = self._load(path)
        except FileError as error:
            raise OSError(str(error)) from None
        return of_file(path, arrays, several=several)

    def _pipeline(self, value: Any) -> Pipeline:
        if isinstance(value, Pipeline):
            return value
        if not isinstance(value, str):
            raise TypeError("takes a text, like 'max -k 2'")
        return self._parse(value)
