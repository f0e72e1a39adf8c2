"""What a library needs to be one that pipelines can be written for."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from poolcli.analysis.export.exported_step import ExportedStep
from poolcli.maps.array import Array
from poolcli.maps.feature_map import Form
from poolcli.maps.layout import space_axes
from poolcli.maps.picture import WITH_ALPHA
from poolcli.pipeline.profile import Profile
from poolcli.pipeline.profiles import PROFILES
from poolcli.pipeline.step import Stage

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}  # variables that keep libraries from writing to stderr
FLOATS = ("float32", "float64")
# Options about values that a library has only where they are the defaults of its own profile.
OWN_OPTIONS = ("nodata", "mask", "min_valid", "emit", "normalize", "linear")
# Why operations and kinds of windows cannot be written.
NOT_WRITTEN = {
    "area": "its cells have shares of pixels",
    "fractional": "the distances are drawn by poolcli",
    "regions": "boxes are pooled by torchvision.ops.roi_pool, whose maximum alone is the same",
    "roi-align": "it is torchvision.ops.roi_align, which is no part of it",
    "unpool": "its indices are in a file",
    "stochastic": "what is drawn is poolcli's own",
    "fuse": "write the code of its branches, one by one",
    "trimmed": "it has no mean of values between two ranks",
    "fraction": "write the mean of x == V, for each value",
    "circmean": "write the angle of the means of sines and cosines",
    "mode": "it has no most frequent value for windows",
}


def called(names: dict[str, Any], x: Array) -> Any:
    """What the `pool` of the code makes of an array."""
    return names["pool"](x)


def versions(modules: Sequence[str]) -> str:
    """The versions of modules: that of one, or those of several with their names."""
    numbers = {module: str(import_module(module).__version__) for module in modules}
    short = {name: re.split("[+-]", number)[0] for name, number in numbers.items()}
    if len(short) == 1:
        return next(iter(short.values()))
    return f"({', '.join(f'{name} {number}' for name, number in short.items())})"


@dataclass(frozen=True)
class Target:
    """A library that pipelines can be written for: what it takes, and how the code is written.

    Attributes
    ----------
    name
        The word for ``--to-code``.
    modules
        What the code imports, by the names that are installed.
    write
        The code of steps on maps of a form; it defines `pool`.
    result
        What the names that the code defines make of an array.
    version
        The text of the versions, where it is not that of the modules.
    dtypes
        The floats that it pools.
    whole_numbers
        Whether whole numbers may go in: an array library converts them, a network does not.
    has
        Which of "footprint", "border" and "area" it has.
    profile
        The name of the profile of its rules, where that is another than the target's.
    functions
        Operations whose other definitions, by profiles, it is written for.
    """

    name: str
    modules: tuple[str, ...]
    write: Callable[[Sequence[ExportedStep], Form], str]
    result: Callable[[dict[str, Any], Array], Any] = called
    version: Callable[[], str] | None = None
    dtypes: tuple[str, ...] = FLOATS
    whole_numbers: bool = False
    has: frozenset[str] = frozenset()
    profile: str = ""
    functions: frozenset[str] = frozenset()

    def shown_version(self) -> str | None:
        """The versions; None where the code cannot be run."""
        if not self.installed():
            return None
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        with warnings.catch_warnings(action="ignore"):  # libraries warn about themselves
            return self.version() if self.version else versions(self.modules)

    def installed(self) -> bool:
        """Whether all modules are there."""
        return all(find_spec(module) is not None for module in self.modules)

    def run(self, code: str, x: Array) -> Array:
        """What the code makes of an array."""
        names: dict[str, Any] = {}
        with warnings.catch_warnings(action="ignore"):
            exec(code, names)  # noqa: S102 - the code written here, run to check it
            return np.asarray(self.result(names, x))

    @property
    def rules(self) -> Profile:
        """The profile of the library; poolcli's for NumPy, which has none."""
        name = self.profile or self.name
        return PROFILES[name if name in PROFILES else "poolcli"]

    def exported(self, stage: Stage) -> ExportedStep:
        """The step of a stage; ValueRuleError where the library cannot do what it asks for."""
        step = ExportedStep(stage.step, stage.input, stage.output, ())
        self._check_values(step)
        self._check_windows(step)
        self._check_dtype(step)
        kind = "" if step.kind in self.has else step.kind
        if why := NOT_WRITTEN.get(step.op) or NOT_WRITTEN.get(kind):
            raise step.no(why)
        return step.with_grid()

    def _check_values(self, step: ExportedStep) -> None:
        defaults = self.rules.ops.get(step.op, {})
        for name in OWN_OPTIONS:
            if step[name] and step[name] != defaults.get(name):
                raise step.no(f"{self.name} cannot be told `{name}`")
        if step["nan"] == "ignore" and defaults.get("nan") != "ignore":
            raise step.no(f"{self.name} lets NaN through")
        if step.source.op.is_plugin:
            raise step.no("it is a reducer of a plugin")
        own = step.source.profile.functions.get(step.op)
        if own and own != self.rules.functions.get(step.op) and step.op not in self.functions:
            formula = step.source.profile.formulas.get(step.op, "another rule")
            raise step.no(f"{self.name} does not compute {formula}")
        if step.form.mode in WITH_ALPHA and step.op != "sample":
            raise step.no(f"alpha weighs the pixels, and {self.name} does not weigh them")

    def _check_windows(self, step: ExportedStep) -> None:
        has_shape = step.has_option("footprint") and step["footprint"] is not None
        if has_shape and "footprint" not in self.has:
            raise step.no(f"{self.name} has no `footprint`")
        if any(edge != "clip" for edge in step.edges) and "border" not in self.has:
            raise step.no(f"{self.name} has nothing but padding around a map, and no `border`")

    def _check_dtype(self, step: ExportedStep) -> None:
        dtype = step.form.dtype
        if str(dtype) in self.dtypes:
            if step.output.dtype.kind != "f" and not self.whole_numbers:
                raise step.no(f"{self.name} cannot be told `dtype`")
            return
        if not self.whole_numbers or dtype.kind not in "iu":
            raise step.no(
                f"{self.name} pools {' and '.join(self.dtypes)} alone, and this is {dtype}: "
                "plan for floats with `input` and a shape"
            )


def space_slices(step: ExportedStep, slices: Sequence[str]) -> str:
    """The index that takes these slices of the spatial axes, and all of the others."""
    by_axis = dict(zip(space_axes(step.form.layout), slices, strict=True))
    last = max((axis for axis, text in by_axis.items() if text != ":"), default=-1)
    return ", ".join(by_axis.get(axis, ":") for axis in range(last + 1))
