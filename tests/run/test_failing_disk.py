"""Every kind of output on a disk that fails at any byte, and the order of what reaches the disk."""

import errno
import shutil
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from region_logs import files_of

pytestmark = pytest.mark.complete

REGIONS = "--max-memory 60K -j 2"
# What is run, what it writes, and the module that it needs.
OUTPUTS = {
    "png": ("max -k 2 a.png -o y.png", "y.png", ""),
    "npy": ("max -k 2 x.npy -o y.npy", "y.npy", ""),
    "npz": ("max -k 2 x.npy -o y.npz", "y.npz", ""),
    "tiff": ("max -k 2 x.npy -o y.tif", "y.tif", ""),
    "h5": ("max -k 2 x.npy -o y.h5", "y.h5", "h5py"),
    "zarr": ("max -k 2 x.npy -o y.zarr", "y.zarr", "zarr"),
    "safetensors": ("max -k 2 x.npy -o y.safetensors", "y.safetensors", "safetensors"),
    "fits": ("max -k 2 x.npy -o y.fits", "y.fits", "astropy"),
    "nii": ("max -k 2 x.npy -o y.nii", "y.nii", "nibabel"),
    "exr": ("max -k 2 a.png -o y.exr --dtype float32", "y.exr", "OpenEXR"),
    "npy by regions": (f"max -k 2 x.npy -o y.npy {REGIONS}", "y.npy", ""),
    "tiff by regions": (f"max -k 2 x.npy -o y.tif {REGIONS}", "y.tif", ""),
    "h5 by regions": (f"max -k 2 x.npy -o y.h5 {REGIONS}", "y.h5", "h5py"),
    "zarr by regions": (
        f"max -k 2 x.npy -o y.zarr --save chunks=3x16x16 {REGIONS}",
        "y.zarr",
        "zarr",
    ),
    "nii by regions": (f"max -k 2 x.npy -o y.nii {REGIONS}", "y.nii", "nibabel"),
    "safetensors by regions": (
        f"max -k 2 x.npy -o y.safetensors {REGIONS}",
        "y.safetensors",
        "safetensors",
    ),
    "pyramid": (
        f"pyramid --op avg --levels 2 x.npy -o y.zarr --save chunks=3x32x32 {REGIONS}",
        "y.zarr",
        "zarr",
    ),
    "indices": ("max -k 2 x.npy -o y.npy --indices i.npy", "y.npy i.npy", ""),
    "page": ("compare a.png 'max -k 2' 'avg -k 2' --html y.html", "y.html", ""),
}
INPUTS = {"x.npy", "a.png"}
HEAD = 3  # entries of a log before those of regions
WORDS = {
    errno.ENOSPC: "the disk is full: free some space",
    errno.EDQUOT: "the disk quota is used up",
    errno.EIO: "Input/output error",
}


@pytest.fixture
def disk(failing_disk, tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "disk/x.npy", rng.integers(0, 4000, (3, 64, 48)).astype("u2"))
    pixels = rng.integers(0, 256, (40, 30, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "disk/a.png")
    return failing_disk


def case_of(kind):
    """What is run, and the names of its outputs."""
    words, outputs, module = OUTPUTS[kind]
    if module:
        pytest.importorskip(module, reason=f"{module} is not installed")
    return words, outputs.split()


def left(folder):
    """What is in the folder beside the inputs."""
    return {path.name for path in folder.iterdir()} - INPUTS


def remove(folder):
    for name in left(folder):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def whole_of(disk, folder, words, names):
    """What a run writes where nothing fails, and how it went."""
    ran = disk.run(words)
    assert (ran.code, ran.err) == (0, "")
    whole = {name: files_of(folder / name) for name in names}
    remove(folder)
    return whole, ran


def limits_of(writes):
    """Every number of bytes that makes a difference.

    The bytes of a write leave the process together: a disk is full before it, or takes a part. Of
    the parts the first byte and all but the last stand for the others.
    """
    starts = list(accumulate(writes, initial=0))
    spans = pairwise(starts)
    points = {at for start, end in spans for at in (start, start + 1, end - 1) if at < end}
    return sorted(points)


def check_left(folder, names, whole, *, spared=()):
    """Each output is there whole, or not at all; nothing else is there."""
    found = left(folder)
    for name in found & set(names):
        assert files_of(folder / name) == whole[name]
    assert found <= {*names, *spared}


@pytest.mark.parametrize("kind", OUTPUTS)
def test_full_at_any_byte(disk, tmp_path, kind):
    (words, names), folder = case_of(kind), tmp_path / "disk"
    words += "" if kind == "page" else " -q"
    whole, usual = whole_of(disk, folder, words, names)
    for number, limit in enumerate(limits_of(usual.writes)):
        code = list(WORDS)[number % len(WORDS)]
        ran = disk.run(words, "fail_after", limit, code)
        assert ran.code == 1, limit
        assert WORDS[code] in ran.err, limit
        check_left(folder, names, whole)
        remove(folder)
    assert disk.run(words, "fail_after", sum(usual.writes)).code == 0


@pytest.mark.parametrize("kind", OUTPUTS)
def test_no_file_or_name_can_be_made(disk, tmp_path, kind):
    """A call that makes or names a file fails: a run ends well by other means, or says so."""
    (words, names), folder = case_of(kind), tmp_path / "disk"
    words += "" if kind == "page" else " -q"
    whole, usual = whole_of(disk, folder, words, names)
    for count in range(usual.changes):
        code = list(WORDS)[count % len(WORDS)]
        ran = disk.run(words, "fail_change", count, code)
        assert ran.code in (0, 1), count
        assert ran.code == 0 or WORDS[code] in ran.err, count
        assert ran.code == 1 or left(folder) == set(names), count
        check_left(folder, names, whole)
        remove(folder)


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        *[("fail_after", kind) for kind in ("npy by regions", "zarr by regions", "pyramid", "png")],
        *[("fail_change", kind) for kind in ("npy by regions", "zarr by regions", "png")],
    ],
)
def test_full_and_then_resumed(disk, tmp_path, kind, what):
    """The log is on the same disk: what it holds is true, and the next run goes on."""
    (words, names), folder = case_of(kind), tmp_path / "disk"
    words += " -q --resume log"
    whole, usual = whole_of(disk, folder, words, names)
    points = limits_of(usual.writes) if what == "fail_after" else range(usual.changes)
    for point in points:
        ran = disk.run(words, what, point)
        assert ran.code in ((1, 2) if what == "fail_after" else (0, 1, 2)), point
        assert ran.code == 0 or WORDS[errno.ENOSPC] in ran.err, point
        hidden = {name for name in left(folder) if name.startswith(".")}
        check_left(folder, names, whole, spared={"log", *hidden})
        ran = disk.run(words)
        assert (ran.code, ran.err) == (0, ""), (point, ran.err)
        assert left(folder) == {*names, "log"}
        check_left(folder, names, whole, spared={"log"})
        remove(folder)


@pytest.mark.parametrize("kind", ["png", "npy by regions", "zarr by regions"])
def test_a_disk_that_loses_what_it_took(disk, tmp_path, kind):
    """An error of fsync is all that tells of bytes that are gone."""
    (words, names), folder = case_of(kind), tmp_path / "disk"
    words += " -q --resume log"
    whole, usual = whole_of(disk, folder, words, names)
    for count in range(sum(what == "sync" for what, *_ in usual.events)):
        ran = disk.run(words, "fail_sync", count, errno.EIO)
        assert ran.code in (0, 1, 2), count  # 0: no name was kept by fewer calls
        assert not ran.code or WORDS[errno.EIO] in ran.err, count
        hidden = {name for name in left(folder) if name.startswith(".")}
        check_left(folder, names, whole, spared={"log", *hidden})
        ran = disk.run(words)
        assert (ran.code, ran.err) == (0, ""), (count, ran.err)
        check_left(folder, names, whole, spared={"log"})
        remove(folder)


@pytest.mark.parametrize("style", ["table", "json", "jsonl", "csv"])
def test_full_at_any_byte_of_the_report(disk, tmp_path, style):
    folder, words = tmp_path / "disk", f"max -k 2 x.npy -o y.npy --report {style}"
    whole, usual = whole_of(disk, folder, f"{words} -q", ["y.npy"])
    ran = disk.run(words, stdout="report")
    assert ran.code == 0
    remove(folder)
    for limit in limits_of(ran.writes):
        if limit < sum(usual.writes):
            continue
        ran = disk.run(words, "fail_after", limit, stdout="report")
        assert ran.code == 1, limit
        assert WORDS[errno.ENOSPC] in ran.err, limit
        check_left(folder, ["y.npy"], whole, spared={"report"})
        remove(folder)


# What is on the disk before what ------------------------------------------------------------------


def check_order(folder, events):
    """Every byte that gets a name is on the disk before."""
    unsynced, named = {}, []
    for number, (what, path, rest) in enumerate(events):
        if what == "write":
            unsynced[Path(path)] = number
        elif what == "sync":
            everything = path.endswith("/")
            unsynced = {} if everything else {p: n for p, n in unsynced.items() if p != Path(path)}
        elif what == "name":
            source, target = folder / path, folder / rest
            if source.name.endswith(".partial"):  # chunks of a folder that has no name yet
                unsynced = {target if p == source else p: n for p, n in unsynced.items()}
                continue
            named.append(target.name)
            bare = [each for each in unsynced if each == source or source in each.parents]
            assert not bare, f"{target.name} was named before {bare} was on the disk"
    return named


@pytest.mark.parametrize("kind", OUTPUTS)
def test_nothing_is_named_before_it_is_on_the_disk(disk, tmp_path, kind):
    words, names = case_of(kind)
    folder = tmp_path / "disk"
    for more in ("", " --overwrite") if kind != "page" else ("",):
        ran = disk.run(words + more)
        assert ran.code == 0, ran.err
        named = check_order(folder, ran.events)
        assert set(names) <= set(named)


@pytest.mark.parametrize("kind", ["npy by regions", "zarr by regions"])
def test_no_region_is_logged_before_it_is_on_the_disk(disk, tmp_path, kind):
    words, _ = case_of(kind)
    log, unsynced, entries = tmp_path / "disk/log", set(), 0
    ran = disk.run(f"{words} -q --resume log -j 1")
    assert ran.code == 0, ran.err
    for what, path, rest in ran.events:
        if what == "write" and Path(path) != log:
            unsynced.add(path)
        elif what == "sync":
            unsynced = set() if path.endswith("/") else unsynced - {path}
        elif what == "name":
            source, target = str(log.parent / path), str(log.parent / rest)
            unsynced = {target if each == source else each for each in unsynced}
        elif what == "write":
            entries += 1
            assert entries <= HEAD or not unsynced, f"entry {entries}"
    assert entries > HEAD + 2
