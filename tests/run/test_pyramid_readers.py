"""Other libraries read the levels of a pyramid, and what becomes of labels in theirs."""

import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest

zarr = pytest.importorskip("zarr")
pytestmark = pytest.mark.complete

# The libraries run in a process of their own: importing them gives warnings.
NGFF_ZARR = """
import json, sys, ngff_zarr
images = ngff_zarr.from_ngff_zarr(sys.argv[1]).images
facts = [[[im.scale[d] for d in im.dims], [im.translation[d] for d in im.dims]] for im in images]
print(json.dumps([[im.data.compute().tolist() for im in images], facts]))
"""
OME_ZARR = """
import json, sys
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader
node = next(iter(Reader(parse_url(sys.argv[1]))()))
facts = [
    [next(t[kind] for t in each if t["type"] == kind) for kind in ("scale", "translation")]
    for each in node.metadata["coordinateTransformations"]
]
print(json.dumps([[level.compute().tolist() for level in node.data], facts]))
"""
NGFF_ZARR_LEVELS = """
import json, sys, numpy, ngff_zarr
image = ngff_zarr.to_ngff_image(numpy.load(sys.argv[1]), dims=["y", "x"])
levels = ngff_zarr.to_multiscales(image, scale_factors=[2]).images
print(json.dumps(numpy.asarray(levels[1].data).tolist()))
"""


def read_by(library, code, path):
    """What a library's code prints of a file."""
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    words = [sys.executable, "-W", "ignore", "-c", code, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def labels(tmp_path):
    """Labels far from each other, as segments are, beside each other in blocks of 4x4."""
    rng = np.random.default_rng(0)
    coarse = rng.choice(np.array([0, 7, 1000, 40000], np.uint16), (9, 12))
    x = np.kron(coarse, np.ones((4, 4), np.uint16))
    x = np.roll(x, (1, 1), (0, 1))
    np.save(tmp_path / "x.npy", x)
    return x


@pytest.fixture
def pyramid(cli, tmp_path, labels):
    path = tmp_path / "levels.ome.zarr"
    done = cli("pyramid", "--op", "mode", "--levels", 3, tmp_path / "x.npy", "-o", path)
    assert done.code == 0, done.err
    return path


@pytest.mark.parametrize(("library", "code"), [("ngff_zarr", NGFF_ZARR), ("ome_zarr", OME_ZARR)])
def test_libraries_read_levels_and_where_they_lie(pyramid, labels, library, code):
    levels, facts = read_by(library, code, pyramid)
    assert np.array_equal(levels[0], labels)
    for number, (level, (scale, translation)) in enumerate(zip(levels, facts, strict=True)):
        step = 2**number
        assert np.array_equal(level, _modes(labels, step))
        assert scale == [step, step]
        assert translation == [(step - 1) / 2] * 2
    assert len(levels) == 4


def test_modes_are_labels_where_default_levels_of_ngff_zarr_are_not(pyramid, labels, tmp_path):
    ours = zarr.open_group(str(pyramid), mode="r")
    known = np.unique(labels)
    assert all(np.isin(ours[str(level)][...], known).all() for level in range(4))
    theirs = read_by("ngff_zarr", NGFF_ZARR_LEVELS, tmp_path / "x.npy")
    assert not np.isin(theirs, known).all()


def _modes(x, step):
    """The most frequent value of each window, the smallest on ties."""
    rows, columns = (range(0, side, step) for side in x.shape)
    return [[_mode(x[r : r + step, c : c + step]) for c in columns] for r in rows]


def _mode(window):
    values, counts = np.unique(window, return_counts=True)
    return int(values[counts.argmax()])
