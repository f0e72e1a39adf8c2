"""Every kind of output on a disk that fails at any byte, and the order of what reaches the disk."""

import errno
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
        f"max -k 2 x.npy -o y.zarr --save chunks=1x16x16 {REGIONS}",
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
        f"pyramid --op avg --levels 2 x.npy -o y.zarr --save chunks=1x16x16 {REGIONS}",
        "y.zarr",
        "zarr",
    ),
    "indices": ("max -k 2 x.npy -o y.npy --indices i.npy", "y.npy i.npy", ""),
    "page": ("compare a.png 'max -k 2' 'avg -k 2' --html y.html", "y.html", ""),
}
HEAD = 3  # entries of a log before those of regions
COUNT = 12  # bytes at which the disk ends, spread over what is written
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
    return {path.name for path in folder.iterdir()} - {"x.npy", "a.png"}


def remove(folder):
    import shutil

    for name in left(folder):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def whole_of(disk, folder, words, names):
    """What a run writes where nothing fails, and how many bytes it took."""
    ran = disk.run(words)
    assert (ran.code, ran.err) == (0, "")
    whole = {name: files_of(folder / name) for name in names}
    remove(folder)
    return whole, ran.size


def limits_of(size):
    """Byte by byte where little is written at a time: at the start and at the end."""
    spread = range(0, size, max(1, size // COUNT))
    return sorted({*spread, 1, size - 2, size - 1})


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
    whole, size = whole_of(disk, folder, words, names)
    for number, limit in enumerate(limits_of(size)):
        code = list(WORDS)[number % len(WORDS)]
        ran = disk.run(words, "fail_after", limit, code)
        assert ran.code == 1, limit
        assert WORDS[code] in ran.err, limit
        check_left(folder, names, whole)
        remove(folder)


@pytest.mark.parametrize(
    "kind", ["png", "npy", "npy by regions", "nii by regions", "zarr by regions", "pyramid"]
)
def test_full_and_then_resumed(disk, tmp_path, kind):
    """The log is on the same disk: what it holds is true, and the next run goes on."""
    (words, names), folder = case_of(kind), tmp_path / "disk"
    words += " -q --resume log"
    whole, size = whole_of(disk, folder, words, names)
    for limit in limits_of(size):
        ran = disk.run(words, "fail_after", limit)
        assert ran.code in (1, 2), limit
        assert WORDS[errno.ENOSPC] in ran.err, limit
        hidden = {name for name in left(folder) if name.startswith(".")}
        check_left(folder, names, whole, spared={"log", *hidden})
        ran = disk.run(words)
        assert (ran.code, ran.err) == (0, ""), (limit, ran.err)
        assert left(folder) == {*names, "log"}
        check_left(folder, names, whole, spared={"log"})
        remove(folder)


@pytest.mark.parametrize("kind", ["png", "npy by regions", "zarr by regions"])
def test_a_disk_that_loses_what_it_took(disk, tmp_path, kind):
    """An error of fsync is all that tells of bytes that are gone."""
    (words, names), folder = case_of(kind), tmp_path / "disk"
    words += " -q --resume log"
    whole, _ = whole_of(disk, folder, words, names)
    for count in range(6):
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
    whole, size = whole_of(disk, folder, f"{words} -q", ["y.npy"])
    ran = disk.run(words, stdout="report")
    assert ran.code == 0
    remove(folder)
    for limit in range(size, ran.size - 30, 41):  # give or take the digits of a time
        ran = disk.run(words, "fail_after", limit, stdout="report")
        assert ran.code == 1, limit
        assert WORDS[errno.ENOSPC] in ran.err, limit
        check_left(folder, ["y.npy"], whole, spared={"report"})
        remove(folder)


# What is on the disk before what ------------------------------------------------------------------


def check_order(folder, events):
    """Every byte that gets a name is on the disk before."""
    unsynced, named = {}, []
    for number, (what, rest) in enumerate(events):
        if what == "write":
            unsynced[Path(rest)] = number
        elif what == "sync":
            synced = Path(rest)
            everything = rest.endswith("/")
            unsynced = {} if everything else {p: n for p, n in unsynced.items() if p != synced}
        else:
            source, target = (folder / each for each in rest.split("\t"))
            if source.name.endswith(".partial"):  # chunks of a folder that has no name yet
                unsynced = {target if p == source else p: n for p, n in unsynced.items()}
                continue
            named.append(target.name)
            bare = [path for path in unsynced if path == source or source in path.parents]
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
    for what, rest in ran.events:
        if what == "write" and Path(rest) != log:
            unsynced.add(rest)
        elif what == "sync":
            unsynced = set() if rest.endswith("/") else unsynced - {rest}
        elif what == "name":
            source, target = (str(log.parent / each) for each in rest.split("\t"))
            unsynced = {target if path == source else path for path in unsynced}
        elif what == "write":
            entries += 1
            assert entries <= HEAD or not unsynced, f"entry {entries}"
    assert entries > HEAD + 2
