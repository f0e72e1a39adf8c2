"""JAX: the pooling functions of Flax, and lax.reduce_window where windows are dilated."""

from __future__ import annotations

from collections.abc import Sequence

from poolcli.analysis.export.array_code import function_of_array, rearranged
from poolcli.analysis.export.exported_step import ExportedStep, check_even, check_kind
from poolcli.analysis.export.fold_code import FoldCode
from poolcli.analysis.export.target import Target
from poolcli.maps.feature_map import Form

IMPORTS = {
    "jnp.": "import jax.numpy as jnp",
    "nn.": "from flax import linen as nn",
    "lax.": "from jax import lax",
}
SPACES = ("", "L", "HW", "DHW")


class JaxCode(FoldCode):
    """Expressions of Flax for channels last."""

    def max(self, x: str) -> str:
        return self._pool("max_pool", x, "-jnp.inf, lax.max")

    def mean(self, x: str) -> str:
        if self._is_dilated:
            return f"{self.sum(x)} / {self.sum(f'jnp.ones_like({x})')}"
        more = "" if self.step.unpadded else ", count_include_pad=False"
        return self._pool("avg_pool", x, "", more)

    def sum(self, x: str) -> str:
        if self._is_dilated:
            return self._pool("", x, "0.0, lax.add")
        return f"{self.step.taps} * {self._pool('avg_pool', x, '')}"

    def at_least(self, x: str, number: float) -> str:
        return f"jnp.maximum({x}, {number})"

    @property
    def _is_dilated(self) -> bool:
        return set(self.step.dilation) != {1}

    def _pool(self, name: str, x: str, reduction: str, more: str = "") -> str:
        step = self.step
        if self._is_dilated:
            sizes = (1, *step.kernel, 1), (1, *step.stride, 1), ((0, 0), *step.pads, (0, 0))
            arguments = ", ".join(map(str, (*sizes, None, (1, *step.dilation, 1))))
            return f"lax.reduce_window({x}, {reduction}, {arguments})"
        stride = f", strides={step.stride}" if set(step.stride) != {1} else ""
        padding = "" if step.unpadded else f", padding={self._padding}"
        return f"nn.{name}({x}, {step.kernel}{stride}{padding}{more})"

    @property
    def _padding(self) -> str:
        return '"SAME"' if self.step.is_same else str(self.step.pads)


def _lines(step: ExportedStep) -> list[str]:
    check_kind("jax", step, "strided")
    check_even("jax", step)
    if step.op == "sample":
        return [f"x = x[:, {', '.join(f'::{stride}' for stride in step.stride)}]"]
    return [f"x = {JaxCode(step).text()}"]


def write(steps: Sequence[ExportedStep], form: Form) -> str:
    """A function of an array of the plan's layout."""
    around = rearranged(form, f"N{SPACES[len(form.space)]}C")
    return function_of_array(steps, _lines, IMPORTS, around)


TARGET = Target("jax", ("jax", "flax"), write, dtypes=("float32",))
