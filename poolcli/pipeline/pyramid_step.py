"""One reducer at several sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from poolcli.errors import RequestError, ShapeError
from poolcli.maps.feature_map import Form
from poolcli.maps.frame import Size
from poolcli.pipeline.options import ISOTROPIC
from poolcli.pipeline.pyramid_levels import powers, towards_isotropy, until_small
from poolcli.pipeline.step import Step
from poolcli.pipeline.window_kinds import SLIDING


class PyramidStep(Step):
    """One reducer at several sizes: level n pools the input by the kernel to the power of n.

    Each level is computed from the input, so that nothing is rounded or weighed twice.
    """

    several = True

    @property
    def count(self) -> int | None:
        return None if self["smallest"] else int(self["levels"])

    def parts_of(self, form: Form) -> tuple[Step, ...]:
        kernels = self._kernels(form)
        if self["smallest"]:
            return tuple(map(self._level, until_small(kernels, form.space, self["smallest"])))
        return tuple(map(self._level, islice(kernels, self["levels"])))

    def with_pixel_sizes(self, sizes: Sequence[float]) -> PyramidStep:
        """Return the step for maps whose pixels have these sizes along their axes."""
        others = tuple(pair for pair in self.options if pair[0] != ISOTROPIC.name)
        return replace(self, options=(*others, (ISOTROPIC.name, ISOTROPIC.read(tuple(sizes)))))

    def _kernels(self, form: Form) -> Iterator[Size]:
        """The kernel of each level, without end."""
        sizes = self[ISOTROPIC.name]
        if not sizes:
            return powers(self["kernel"])
        if sizes is True:
            raise RequestError(
                f"{ISOTROPIC.word} needs the sizes of pixels, which the input does not tell: "
                "write them, such as `isotropic`=2x0.5x0.5"
            )
        if len(sizes) != len(form.space):
            raise ShapeError(
                f"{ISOTROPIC.word} has {len(sizes)} sizes of pixels, "
                f"and the map {len(form.space)} spatial axes"
            )
        return towards_isotropy(sizes)

    def _level(self, size: Size) -> Step:
        reducer: Step = self["reducer"]
        own = {option.name for option in reducer.op.parameters}
        formula = tuple(pair for pair in reducer.options if pair[0] in own)
        levels = {option.name for option in self.op.parameters}
        rules = tuple(pair for pair in self.options if pair[0] not in levels)
        windows = (("kernel", size), ("stride", size), ("ceil_mode", True))
        return Step(reducer.op, SLIDING, (*windows, *formula, *rules))
