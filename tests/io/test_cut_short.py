"""Files that another program cuts short while they are read: an error, and no dead process.

A mapped page that is no longer in its file raises SIGBUS, which ends the process.
"""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import poolcli
from poolcli.io import FORMATS, writer
from poolcli.maps.feature_map import FeatureMap
from poolcli.resources.extras import has_extra

SHAPE = (3, 400, 500)  # of many pages, of which some may be read ahead
READ = """
import os, sys
from itertools import product
from pathlib import Path
from poolcli.io import opened
from poolcli.errors import FileError
from poolcli.resources.limits import Budget, limits

for path in sys.argv[1:]:
    whole = open(path, "rb").read()
    for limit, is_region, is_early in product((None, 50_000), (False, True), (False, True)):
        open(path, "wb").write(whole)
        with limits(memory=Budget(limit)):
            try:
                with opened(Path(path)) as source:
                    os.truncate(path, len(whole) // (3 if is_early else 1))
                    shape = source.headers[0].shape
                    region = tuple(slice(size // 2, size) for size in shape)
                    found = source.read(0, region if is_region else None).data
                os.truncate(path, 0)
                print("values", found.sum() * 0)
            except FileError as error:
                print("error", error)
"""
SINGLE = [one for one in FORMATS if one.sink and not one.is_folder]


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(one, id=one.name, marks=[] if one.name == "npy" else [pytest.mark.complete])
        for one in SINGLE
    ],
)
def test_a_file_that_is_cut_short_once_it_is_open(record, tmp_path):
    if record.extra and not has_extra(record.extra):
        pytest.skip(f"the extra {record.extra} is not installed")
    values = np.random.default_rng(0).integers(0, 256, SHAPE, np.uint8)
    if "uint8" not in (record.dtypes or ("uint8",)) and not record.modes:
        values = values.astype(np.float32)
    path = tmp_path / f"a{record.suffixes[0]}"
    options = {"compression": "none"} if "tif" in record.suffixes[0] else {}
    try:
        with writer([FeatureMap(values, "CHW")], record, options).to(path, overwrite=False):
            pass
    except poolcli.PoolError:
        with writer([FeatureMap(values.astype(np.float32), "CHW")], record).to(
            path, overwrite=True
        ):
            pass
    ran = subprocess.run(
        [sys.executable, "-c", READ, path], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert len(ran.stdout.splitlines()) == 8


def test_no_module_maps_a_file_of_somebody_else():
    """`memory` maps files that it has made itself; other libraries are kept from mapping."""
    package = Path(poolcli.__file__).parent
    words = re.compile(r"\b(mmap_mode|memmap|from_filename|import mmap|nibabel\.load)\b")
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        for line in path.read_text().splitlines()
        if words.search(line) and "memmap=False" not in line
    }
    assert found == {"resources/memory.py"}
