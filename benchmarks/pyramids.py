"""Pyramids of one stack of labels by poolcli, ngff-zarr and ome-zarr: time, memory, and labels.

    python -m benchmarks.pyramids --gigabytes 0.03 --threads 2

Each is a process of its own, one after the other, on the same Zarr of uint16 in chunks of
16 x 256 x 256, and makes three levels that halve all axes. Told are seconds, those of all cores
together, megabytes of anonymous memory at the peak (Linux), the share of the cells of these levels
that hold no label of the stack, and that of cells which hold the most frequent label of their own
window. These are poolcli's, which tests hold against a plain twin.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.regions import measure

CHUNK = (16, 256, 256)
CELL = (12, 60, 60)  # pixels of a segment along each axis
SIDE = 512
LEVELS = 3
_NGFF_ZARR = """
import sys, dask, ngff_zarr
source, target, threads, method = sys.argv[1:]
dask.config.set(scheduler="threads", num_workers=int(threads))
image = ngff_zarr.to_ngff_image(dask.array.from_zarr(source), dims=["z", "y", "x"])
method = ngff_zarr.Methods(method) if method else None
levels = ngff_zarr.to_multiscales(image, [2, 4, 8], method=method, chunks=(16, 256, 256))
ngff_zarr.to_ngff_zarr(target, levels)
"""
_OME_ZARR = """
import sys, dask, dask.array, zarr
from ome_zarr.writer import write_labels
source, target, threads = sys.argv[1:]
dask.config.set(scheduler="threads", num_workers=int(threads))
group = zarr.open_group(target, mode="w")
factors = [dict.fromkeys("zyx", 2**level) for level in (1, 2, 3)]
labels = dask.array.from_zarr(source)
write_labels(
    labels, group, name="cells", scale_factors=factors, scaler=None, axes="zyx"
)
"""


def main() -> None:
    """Print a row for each library."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=0.03)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        source = Path(folder) / "labels.zarr"
        write_labels(source, asked.gigabytes)
        exact: list[np.ndarray] = []
        for number, (name, command) in enumerate(commands(source, asked.threads).items()):
            target = source.with_name(f"{number}.zarr")
            seconds, work, peak = measure(command)
            levels = list(levels_of(target))
            exact = exact or levels
            strange, right = shares(source, levels, exact)
            print(
                f"{name:36} {seconds:7.1f} s {work:7.1f} s of cores {peak:7.0f} MB"
                f" {strange:7.1%} no label {right:7.1%} most frequent"
            )


def commands(source: Path, threads: int) -> Mapping[str, list[str]]:
    """What is run, by what it is called; each writes its number."""
    targets = [str(source.with_name(f"{number}.zarr")) for number in range(4)]
    python, count = [sys.executable, "-W", "ignore"], str(threads)
    words = f"pyramid --op mode --levels {LEVELS} --layout DHW -q -j {count}".split()
    theirs = [*python, "-c", _NGFF_ZARR, str(source)]
    return {
        "poolcli pyramid --op mode": [
            *python,
            *("-m", "poolcli"),
            *words,
            *("--max-memory", "256M", str(source), "-o", targets[0]),
        ],
        "ngff-zarr, by default": [*theirs, targets[1], count, ""],
        "ngff-zarr, itkwasm_label_image": [*theirs, targets[2], count, "itkwasm_label_image"],
        "ome-zarr write_labels": [*python, "-c", _OME_ZARR, str(source), targets[3], count],
    }


def write_labels(path: Path, gigabytes: float) -> None:
    """A stack of segments of random labels, whose borders are in the middle of windows."""
    import zarr

    deep = max(1, round(gigabytes * 1e9 / (SIDE * SIDE * 2 * CHUNK[0]))) * CHUNK[0]
    shape = (deep, SIDE, SIDE)
    counts = [-(-size // part) + 1 for size, part in zip(shape, CELL, strict=True)]
    x = np.random.default_rng(0).integers(1, 60000, counts).astype(np.uint16)
    for axis, part in enumerate(CELL):
        x = x.repeat(part, axis)
    cut = tuple(
        slice(part // 2 - 1, part // 2 - 1 + size) for part, size in zip(CELL, shape, strict=True)
    )
    zarr.create_array(str(path), data=np.ascontiguousarray(x[cut]), chunks=CHUNK)


def levels_of(path: Path) -> Iterator[np.ndarray]:
    """The levels that a library wrote, from the second on."""
    import zarr

    group = zarr.open_group(str(path), mode="r")
    group = group["labels/cells"] if "labels" in group.group_keys() else group
    attributes = dict(group.attrs)
    (image,) = attributes.get("ome", attributes)["multiscales"]
    for each in image["datasets"][1:]:
        yield np.asarray(group[each["path"]][...])


def shares(source: Path, levels: list[np.ndarray], exact: list[np.ndarray]) -> tuple[float, float]:
    """The share of cells that hold no label, and of those that hold the one they should."""
    import zarr

    known = np.zeros(1 << 16, bool)
    known[np.unique(zarr.open_array(str(source), mode="r")[...])] = True
    total = sum(level.size for level in levels)
    strange = sum(int((~known[level.astype(np.uint16)]).sum()) for level in levels)
    pairs = zip(levels, exact, strict=True)
    right = sum(int((one == other).sum()) for one, other in pairs if one.shape == other.shape)
    return strange / total, right / total


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
