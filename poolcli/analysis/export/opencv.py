"""OpenCV: resize with INTER_AREA, dilate, erode, blur, filter2D and medianBlur of images."""

from __future__ import annotations

from collections.abc import Sequence

from poolcli.analysis.export.array_code import function_of_array
from poolcli.analysis.export.exported_step import ExportedStep, check_even, check_kind
from poolcli.analysis.export.filter_code import OF_POWERS, FilterCode
from poolcli.analysis.export.numpy import sample_lines
from poolcli.analysis.export.planes import of_planes
from poolcli.analysis.export.target import Target
from poolcli.maps.feature_map import Form

IMPORTS = {"np.": "import numpy as np", "cv2.": "import cv2"}
BORDERS = {
    "edge": "REPLICATE",
    "reflect": "REFLECT_101",
    "symmetric": "REFLECT",
    "wrap": "WRAP",
}
CHANNELS = (3, 4)  # which all of its functions take
UNSEEN = "cv2.BORDER_REPLICATE"  # of filters whose windows are all inside


class OpenCvCode(FilterCode):
    """Filters of the last image axes; all channels alike."""

    def filtered(self, name: str, x: str, outside: str | None) -> str:
        border, value = self._border(outside)
        if name == "mean":
            weights = f"np.array({self.step.kernel_taps}) / {self.step.taps}"
            if self.step.has_gaps or self.step.op in OF_POWERS:  # no running sum
                return f"cv2.filter2D({x}, -1, {weights}, borderType={border})"
            return f"cv2.blur({x}, {self.step.spans[::-1]}, borderType={border})"
        function = {"max": "dilate", "min": "erode"}[name]
        taps = f"np.array({self.step.kernel_taps}, np.uint8)"
        if not self.step.has_gaps:
            taps = f"np.ones({self.step.spans}, np.uint8)"
        return f"cv2.{function}({x}, {taps}, borderType={border}, borderValue={value})"

    def _border(self, outside: str | None) -> tuple[str, str]:
        """The type and the value of the border."""
        if outside is not None:
            return "cv2.BORDER_CONSTANT", outside
        edge = self.step.edges[0]
        if not self.has_border or self.pads_border:
            return UNSEEN, "0"
        if isinstance(edge, str):
            return f"cv2.BORDER_{BORDERS[edge]}", "0"
        return "cv2.BORDER_CONSTANT", str(edge)

    @property
    def pads_border(self) -> bool:
        """Whether the border has to be put around first, as those that only few filters have."""
        if super().pads_border:
            return True
        edge = self.step.edges[0]
        return self.has_border and (edge == "wrap" or edge not in (*BORDERS, 0))


def _lines(step: ExportedStep) -> list[str]:
    if step.op == "sample":
        return sample_lines(step)
    check_kind("opencv", step, "area")
    if step.kind == "area":
        return _area(step)
    check_even("opencv", step)
    if step.op == "avg" and _resizes(step):
        return _area(step)
    if step.op == "median":
        return _median(step)
    code = OpenCvCode(step)
    return [*code.before(), f"x = {code.text()}"]


def _resizes(step: ExportedStep) -> bool:
    """Whether windows are equal parts of the map."""
    if step.kind == "area":
        return True
    if not step.axes:
        return False
    parts = zip(step.cells, step.stride, step.kernel, step.form.space, strict=True)
    whole = all(size == stride and cells * size == n for cells, stride, size, n in parts)
    plain = step.unpadded and not step.has_gaps and not any(map(any, step.pads))
    return whole and plain and not step.divisor


def _rounds(step: ExportedStep) -> bool:
    """Whether INTER_AREA rounds whole numbers by the rule that is asked for."""
    if step.op != "avg" or step.output.dtype != step.form.dtype or not _resizes(step):
        return False
    halves = tuple(n // cells for n, cells in zip(step.form.space, step.output.space, strict=True))
    rule = "half-up" if halves == (2, 2) and _divides(step) else "half-even"
    return bool(step["round"] == rule)


def _divides(step: ExportedStep) -> bool:
    lengths = zip(step.form.space, step.output.space, strict=True)
    return not any(length % cells for length, cells in lengths)


def _area(step: ExportedStep) -> list[str]:
    if step.op != "avg":
        raise step.no("INTER_AREA of opencv is a mean")
    height, width = step.output.space
    return [f"x = cv2.resize(x, ({width}, {height}), interpolation=cv2.INTER_AREA)"]


def _median(step: ExportedStep) -> list[str]:
    size = step.kernel[0]
    if set(step.kernel) != {size} or size % 2 == 0 or step.has_gaps:
        raise step.no("medianBlur of opencv takes odd, square kernels")
    code = OpenCvCode(step)
    if not step.unpadded or (code.has_border and set(step.edges) != {"edge"}):
        raise step.no("medianBlur of opencv repeats the edge, and has no other border")
    return [*code.before(), f"x = {code.chosen(f'cv2.medianBlur(x, {size})')}"]


def write(steps: Sequence[ExportedStep], form: Form) -> str:
    """A function of an array of the plan's layout; of images with colours as they are."""
    if sorted(form.layout.strip("NC")) != ["H", "W"]:
        raise steps[0].no(f"opencv pools height and width, and this is {form.layout}")
    if form.layout == "HWC" and form.shape[-1] in CHANNELS:
        return function_of_array(steps, _lines, IMPORTS, rounds=_rounds)
    planes = [step.of_planes() for step in steps]
    return of_planes(
        function_of_array(planes, _lines, IMPORTS, rounds=_rounds), form, steps[-1].output
    )


TARGET = Target(
    "opencv",
    ("cv2",),
    write,
    whole_numbers=True,
    has=frozenset({"footprint", "border", "area"}),
)
