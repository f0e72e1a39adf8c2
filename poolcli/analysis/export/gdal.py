"""GDAL by rasterio: reading at a lower resolution, and warping for what only that has."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from poolcli.analysis.export.array_code import function_of_array
from poolcli.analysis.export.exported_step import ExportedStep, check_even, check_kind
from poolcli.analysis.export.numpy import sample_lines
from poolcli.analysis.export.planes import of_planes
from poolcli.analysis.export.target import Target, space_slices
from poolcli.maps.feature_map import Form

READ = """from rasterio import MemoryFile
from rasterio.enums import Resampling


def read(x, shape, resampling):
    height, width = x.shape
    with MemoryFile() as memory:
        size = {"height": height, "width": width, "count": 1, "dtype": x.dtype}
        with memory.open(driver="GTiff", **size) as file:
            file.write(x, 1)
        with memory.open() as file:
            return file.read(1, out_shape=shape, resampling=resampling)"""
WARPED = """from rasterio import Affine
from rasterio.enums import Resampling
from rasterio.warp import reproject


def warped(x, shape, resampling):
    out = np.empty(shape, x.dtype)
    (height, width), (rows, columns) = x.shape, shape
    reproject(
        x,
        out,
        src_transform=Affine.identity(),
        dst_transform=Affine.scale(width / columns, height / rows),
        src_crs="EPSG:3857",
        dst_crs="EPSG:3857",
        resampling=resampling,
    )
    return out"""
IMPORTS = {"np.": "import numpy as np", "warped(": f"import numpy as np\n{WARPED}", "read(": READ}
READING = {"avg": "average", "l2": "rms"}
WARPING = {"max": "max", "min": "min", "sum": "sum", "median": "med"}


def _lines(step: ExportedStep) -> list[str]:
    if step.op == "sample":
        return sample_lines(step)
    check_kind("gdal", step, "area")
    if step.op not in READING | WARPING:
        raise step.no(f"gdal has no {step.op}")
    if step.op == "median" and step.taps % 2 == 0 and step["interpolation"] != "lower":
        raise step.no("med of gdal is the lower of the middle two")
    if step.kind == "area":
        return [f"x = {_resampled('x', step)}"]
    _check_blocks(step)
    lengths = zip(step.form.space, step.cells, step.kernel, strict=True)
    slices = [":" if cells * size == n else f":{cells * size}" for n, cells, size in lengths]
    index = space_slices(step, slices)
    return [f"x = {_resampled(f'x[{index}]' if index else 'x', step)}"]


def _resampled(x: str, step: ExportedStep) -> str:
    shape = step.output.space
    if step.op in READING:
        return f"read({x}, {shape}, Resampling.{READING[step.op]})"
    if step.kind == "area":
        raise step.no("gdal weighs the shares of pixels in average and rms alone")
    return f"warped({x}, {shape}, Resampling.{WARPING[step.op]})"


def _check_blocks(step: ExportedStep) -> None:
    check_even("gdal", step)
    if step.kernel != step.stride and set(step.cells) != {1}:
        raise step.no("gdal makes cells that follow each other: the stride is the kernel")
    if set(step.dilation) != {1}:
        raise step.no("gdal has no dilation")
    if any(map(any, step.pads)):
        raise step.no("gdal divides the map into cells of equal size, and pads none")
    if step.op == "avg" and step.divisor:
        raise step.no("gdal divides by the pixels of a cell")


def _rounds(step: ExportedStep) -> bool:
    """Whether GDAL rounds whole numbers by the rule that is asked for."""
    is_same = step.form.dtype == step.output.dtype and step.kind != "area"
    return step.op in READING and is_same and bool(step["round"] == "half-away")


def write(steps: Sequence[ExportedStep], form: Form) -> str:
    """A function of an array of the plan's layout."""
    if sorted(form.layout.strip("NC")) != ["H", "W"]:
        raise steps[0].no(f"gdal pools height and width, and this is {form.layout}")
    planes = [step.of_planes() for step in steps]
    text = function_of_array(planes, _lines, IMPORTS, rounds=_rounds)
    return of_planes(text, form, steps[-1].output)


def _version() -> str:
    rasterio = import_module("rasterio")
    return f"{rasterio.__gdal_version__} (rasterio {rasterio.__version__})"


TARGET = Target(
    "gdal",
    ("rasterio",),
    write,
    version=_version,
    whole_numbers=True,
    has=frozenset({"area"}),
)
