"""SciPy: the filters of ndimage."""

from __future__ import annotations

from collections.abc import Sequence

from poolcli.analysis.export.array_code import function_of_array
from poolcli.analysis.export.exported_step import ExportedStep, check_even, check_kind
from poolcli.analysis.export.filter_code import OF_POWERS, FilterCode
from poolcli.analysis.export.fold_code import FORMULAS
from poolcli.analysis.export.numpy import sample_lines
from poolcli.analysis.export.reducer_code import reducer_of
from poolcli.analysis.export.target import Target
from poolcli.maps.feature_map import Form

IMPORTS = {"np.": "import numpy as np", "ndimage.": "from scipy import ndimage"}
FILTERS = {"max": "maximum_filter", "min": "minimum_filter", "mean": "uniform_filter"}
MODES = {"edge": "nearest", "reflect": "mirror", "symmetric": "reflect", "wrap": "wrap"}


class ScipyCode(FilterCode):
    """Filters with a size; with a footprint where taps are missing."""

    def filtered(self, name: str, x: str, outside: str | None) -> str:
        mode, axes = self._mode(outside), f"axes={self.step.space}"
        if name == "mean" and self.step.has_gaps:
            weights = f"np.array({self.step.kernel_taps}) / {self.step.taps}"
            return f"ndimage.correlate({x}, {weights}{mode}, {axes})"
        function, _, more = FILTERS.get(name, name).partition(", ")
        return f"ndimage.{function}({x}, {more and f'{more}, '}{self._taps}{mode}, {axes})"

    def ranked(self, name: str) -> str:
        """The results of a filter of ranks, which has no padding to leave out."""
        return self.cells_of(name, "x", "")

    def called(self) -> list[str]:
        """The lines that call NumPy's function of windows, in which NaN marks padding."""
        unpadded = self.step.unpadded
        if not unpadded and not self.step.is_float:
            raise self.step.no("NaN marks padding here, and whole numbers have none")
        lines, function = reducer_of(self.step, "" if unpadded else "nan")
        return [*lines, f"x = {self.cells_of(f'vectorized_filter, {function}', 'x', 'np.nan')}"]

    @property
    def _taps(self) -> str:
        step = self.step
        return f"footprint={step.kernel_taps}" if step.has_gaps else f"size={step.kernel}"

    def _mode(self, outside: str | None) -> str:
        if outside is not None:
            return f', mode="constant", cval={outside}'
        edge = self.step.edges[0]
        if not self.has_border or self.pads_border:
            return ""
        if isinstance(edge, str):
            return f', mode="{MODES[edge]}"'
        return f', mode="constant", cval={edge}'


def _lines(step: ExportedStep) -> list[str]:
    if step.op == "sample":
        return sample_lines(step)
    check_kind("scipy", step)
    check_even("scipy", step)
    code = ScipyCode(step)
    return [*code.before(), *_reduced(code, step)]


def _reduced(code: ScipyCode, step: ExportedStep) -> list[str]:
    if step.op in FORMULAS and step.op not in OF_POWERS:  # whose small sums a running sum loses
        return [f"x = {code.text()}"]
    if step.op == "quantile" and "quantile" in step.source.profile.functions:
        if not step.unpadded:
            raise step.no("percentile_filter of scipy does not leave padding out")
        percentile = f"percentile_filter, {100 * step['q']:g}"
        return [f"x = {code.ranked(percentile)}"]
    is_upper = step.op == "median" and (step.taps % 2 == 1 or step["interpolation"] == "higher")
    if is_upper and step.unpadded:
        return [f"x = {code.ranked('median_filter')}"]
    return code.called()


def write(steps: Sequence[ExportedStep], form: Form) -> str:  # noqa: ARG001 - the shape is in the step
    """A function of an array of the plan's layout."""
    return function_of_array(steps, _lines, IMPORTS)


TARGET = Target(
    "scipy", ("scipy",), write, whole_numbers=True, has=frozenset({"footprint", "border"})
)
