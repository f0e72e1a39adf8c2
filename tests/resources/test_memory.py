"""Arrays larger than memory: whatever the limit, the same bits come out, and the limit holds."""

import io
import os
import resource
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from handmade import npy, npy_header, png
from PIL import Image

import poolcli
from poolcli.errors import FileError, RequestError
from poolcli.maps.feature_map import Form
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import WINDOW_KINDS
from poolcli.resources import memory
from poolcli.resources.limits import Budget, current, limits
from poolcli.resources.memory import contiguous, part_of, read_size, size_words

TINY = 100_000  # bytes: a few rows at a time
SHAPE = (2, 3, 40, 31)
PLACES = [
    "-k 3 -s 2 -p 1",
    "-k 5 -s 1 -p same",
    "-k 4x2 -s 3x1 -d 2 --ceil-mode",
    "-k 3 -s 2 -p 5 --border reflect",
    "-k 5 -s 1 -p same --footprint disk",
    "--adaptive 7x5",
    "--adaptive 42x9",
    "--global",
    "--fractional 9x8 -k 3 --seed 4",
    "--fractional 9x8 -k 3 --samples .3x.8",
    "--levels 1,2,5",
]
REDUCERS = [name for name, op in OPS.items() if op.windows == WINDOW_KINDS and not op.required]
OTHERS = [
    "sample -s 3",
    "blur",
    "blur --filter 7 -s 1 --nodata 3",
    "restore --output-size 90x70",
    "restore --output-size 90x70 --interpolation bilinear",
    "weighted --weights gaussian -k 5 -s 1 -p same",
    "avg --area 7x33",
    "var --area 50x9 --nodata 5",
    "mode --area 9x8",
    "avg --normalize minmax",
    "max --normalize zscore --dtype float32 --nan ignore",
    "fuse 'max -k 2' 'avg -k 2' 'median -k 2'",
    "fuse 'max -k 2' 'avg -k 2' --merge concat",
    "pyramid --op avg --levels 3",
    "max -k 3 -s 1 -p same | avg -k 3 -s 1 -p same | median -k 2",
    "max -k 3 -s 2 --nodata 5 --min-valid .5 | std --global",
]


def values(dtype, shape=SHAPE, seed=0):
    return (np.random.default_rng(seed).random(shape) * 100).astype(dtype)


def within(limit, act, *arguments, **options):
    with limits(memory=Budget(limit)):
        return act(*arguments, **options)


def same(one, other):
    one, other = (each if isinstance(each, tuple) else (each,) for each in (one, other))
    for left, right in zip(one, other, strict=True):
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)


# ---- bands and wholes


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("op", REDUCERS)
def test_every_reducer_over_every_place(op, place):
    pipeline = poolcli.parse(f"{op} {place}")
    x = values("uint8" if place.endswith("same") else "float32")
    same(within(TINY, pipeline, x), pipeline(x))


@pytest.mark.parametrize("text", OTHERS)
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32"])
def test_what_pools_no_cells(text, dtype):
    pipeline, x = poolcli.parse(text), values(dtype)
    same(within(TINY, pipeline, x), pipeline(x))


@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "CHWN", "WHCN"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_layouts_and_orders(layout, order):
    for text in ("max -k 3 -s 1", "avg --adaptive 5", "median -k 2", "stochastic -k 3", "blur"):
        pipeline, x = (
            poolcli.parse(text),
            np.asarray(values("float32", (4, 30, 21, 5)), order=order),
        )
        same(within(TINY, pipeline, x, layout), pipeline(x, layout))


@pytest.mark.parametrize("shape", [(9000,), (60, 50), (3, 12, 14, 16), (2, 3, 7, 8, 9)])
def test_any_number_of_axes(shape):
    layout = "DHW"[3 - len(shape[1:]) :] if len(shape) == 4 else None
    for text in ("max -k 3 -s 1 -p same", "std -k 2", "avg --global"):
        pipeline, x = poolcli.parse(text), values("float64", shape)
        same(
            within(TINY, pipeline, x, layout and "C" + layout),
            pipeline(x, layout and "C" + layout),
        )


@pytest.mark.parametrize("op", ["max", "min", "median --interpolation lower", "mode"])
@pytest.mark.parametrize("order", ["plane", "tensor"])
def test_indices_and_what_they_put_back(op, order, cli, tmp_path):
    x = np.round(values("float32", (2, 3, 60, 50)) / 10)
    np.save(tmp_path / "x.npy", x)
    for name, limit in (("whole", ()), ("bands", ("--max-memory", TINY))):
        words = (*f"{op} -k 3 -s 2 -p 1 x.npy --index-order {order}".split(), "-o", f"{name}.npy")
        assert cli(*words, "--indices", f"{name}-i.npy", *limit).code == 0
        back = f"unpool --indices {name}-i.npy --output-size 60x50 --index-order {order}"
        files = f"{name}.npy", "-o", f"{name}-b.npy"
        assert cli(*back.split(), *files, *(("--max-memory", "2M") if limit else ())).code == 0
    for kind in ("", "-i", "-b"):
        assert (tmp_path / f"whole{kind}.npy").read_bytes() == (
            tmp_path / f"bands{kind}.npy"
        ).read_bytes()


def test_masks_and_boxes(tmp_path):
    mask = values("uint8", (40, 31)) > 30
    boxes = np.array([[0, 1, 2, 20, 30], [1, 0, 0, 30, 39], [1, 5, 5, 9, 9]])
    x = values("float32")
    for options in (
        {"mask": mask},
        {"mask": mask, "min_valid": 0.5, "emit": "fraction"},
        {"boxes": boxes, "output_size": 4},
    ):
        same(
            within(TINY, poolcli.pool, x, "avg", **options),
            poolcli.pool(x, "avg", **options),
        )
    aligned = {"boxes": boxes, "output_size": 4, "mode": "max"}
    same(
        within(TINY, poolcli.pool, x, "roi-align", **aligned),
        poolcli.pool(x, "roi-align", **aligned),
    )


def test_a_tiny_limit_means_many_bands():
    stages = poolcli.plan("max -k 3 -s 1 | median -k 2 | avg --global", SHAPE)
    with limits(memory=Budget(TINY)):
        assert stages[0].load.bands > 5
        assert stages[0].load.peak <= TINY / 2
    assert all(stage.load.bands == 1 for stage in stages)


@pytest.mark.parametrize("op", [*REDUCERS, "blur", "sample"])
@pytest.mark.parametrize(
    "options", [{}, {"nodata": 3}, {"kernel": 8, "stride": 1}, {"global_": True}]
)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "int64"])
def test_no_reducer_takes_more_than_it_says(op, options, dtype):
    """NumPy tells tracemalloc of every array."""
    import tracemalloc

    if op in ("blur", "sample"):
        options = {}
    x = values(dtype, (90, 80) if "kernel" in options else (240, 200))
    limit = 1_500_000 if "global_" not in options else 40_000_000
    poolcli.pool(x, op, **options)  # which plans networks, once: those are no arrays
    with limits(memory=Budget(limit)):
        tracemalloc.start()
        result = poolcli.pool(x, op, **options)
        peak = tracemalloc.get_traced_memory()[1] - result.nbytes
        tracemalloc.stop()
    assert peak < limit


@pytest.mark.complete
@pytest.mark.parametrize(
    "text",
    [
        "trimmed -k 8 -s 1",
        "trimmed -k 5 -s 1 -p same --footprint disk",
        "weighted --weights gaussian -k 5 -s 1 -p same",
    ],
)
def test_no_block_of_several_planes_takes_more_than_the_limit(text, monkeypatch):
    import tracemalloc

    monkeypatch.setenv("POOLCLI_BACKEND", "plain")
    pipeline, limit = poolcli.parse(text), 1_000_000
    for shape in ((1, 4, 120, 100), (500, 3, 8, 8)):
        x = values("float32", shape)
        with limits(memory=Budget(limit), threads=2):
            pipeline(x[:1])
            tracemalloc.start()
            pipeline(x)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert peak < limit


BOXES = "[[0,0,90,100],[3,5,50,45],[0,0,20,20]]"


@pytest.mark.parametrize(
    "text",
    [
        "avg -k 2 --normalize minmax",
        "restore --output-size 150x130 --interpolation bilinear",
        f"roi-align --boxes {BOXES} --output-size 7",
        f"roi-align --boxes {BOXES} --output-size 7 --mode max",
    ],
)
def test_no_operation_takes_more_than_it_says(text):
    """NumPy tells tracemalloc of every array."""
    import tracemalloc

    x, pipeline = values("float32", (1, 4, 120, 100)), poolcli.parse(text)
    (stage,) = poolcli.plan(text, x.shape)
    pipeline(x)
    tracemalloc.start()
    result = pipeline(x)
    peak = tracemalloc.get_traced_memory()[1] - result.nbytes
    tracemalloc.stop()
    assert 0 < peak <= stage.load.peak


# ---- files


def pooled_alike(cli, tmp_path, name, words="max -k 3 -s 2", more=()):
    """The output of a file is the same bytes with a limit and without."""
    assert cli(*words.split(), name, "-o", "whole.npz", *more).code == 0
    ran = cli(*words.split(), name, "-o", "bands.npz", "--max-memory", "50k", *more)
    assert ran.code == 0, ran.err
    assert (tmp_path / "whole.npz").read_bytes() == (tmp_path / "bands.npz").read_bytes()
    with np.load(tmp_path / "bands.npz") as arrays:
        return dict(arrays)


@pytest.mark.parametrize("dtype", ["?", "u1", ">u2", ">i4", "<i8", ">f2", "<f4", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_of_any_kind(cli, tmp_path, dtype, order):
    x = values(dtype, (3, 64, 50))
    np.save(tmp_path / "x.npy", np.asarray(x, order=order))
    (result,) = pooled_alike(cli, tmp_path, "x.npy", "max -k 2").values()
    blocks = x.reshape(3, 32, 2, 25, 2)
    np.testing.assert_array_equal(result, blocks.max((2, 4)))
    assert result.dtype == x.dtype.newbyteorder("=")


def test_an_npy_is_pooled_into_the_file_that_becomes_the_output(cli, tmp_path):
    x = values("float32", (3, 200, 100))
    np.save(tmp_path / "x.npy", x)
    for words in ("max -k 2", "avg -k 3 -s 1 -p same | max -k 2", "max -k 2 --layout HWC"):
        run = (
            "run",
            *words.rsplit(" --layout", 1)[:1],
            *(("--layout", "HWC") if "layout" in words else ()),
        )
        assert cli(*run, "x.npy", "-o", "a.npy", "--overwrite").code == 0
        assert cli(*run, "x.npy", "-o", "b.npy", "--overwrite", "--max-memory", "60k").code == 0
        assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npy", "b.npy", "x.npy"]


def test_bools_that_are_neither_0_nor_1(cli, tmp_path):
    raw = npy_header(
        "{'descr': '|b1', 'fortran_order': False, 'shape': (300, 100), }\n", b"\7\0\0" * 10_000
    )
    (tmp_path / "x.npy").write_bytes(raw)
    (result,) = pooled_alike(cli, tmp_path, "x.npy", "max -k 1").values()
    assert result.view(np.uint8).sum() == 10_000


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_members_of_an_archive(cli, tmp_path, save):
    arrays = {
        "odd": values("uint8", (1001,)),
        "x": values(">f8", (3, 40, 50)),
        "y": values("f4", (100, 90)),
    }
    save(tmp_path / "x.npz", **arrays)
    results = pooled_alike(cli, tmp_path, "x.npz", "max -k 2")
    np.testing.assert_array_equal(results["y"], arrays["y"].reshape(50, 2, 45, 2).max((1, 3)))
    assert list(results) == list(arrays)


def test_a_damaged_member_is_found_though_it_stays_on_the_disk(cli, tmp_path):
    np.savez(tmp_path / "x.npz", x=values("f4", (100, 90)))
    raw = bytearray((tmp_path / "x.npz").read_bytes())
    raw[20_000] ^= 1
    (tmp_path / "x.npz").write_bytes(raw)
    for limit in ((), ("--max-memory", "20k")):
        ran = cli("max", "x.npz", *limit)
        assert ran.code == 1
        assert "array 'x': " in ran.err
        assert "damaged" in ran.err


def test_an_image_from_an_array_and_an_array_from_an_image(cli, tmp_path):
    x = values("uint8", (3, 60, 50))
    np.save(tmp_path / "x.npy", x)
    assert cli("max", "x.npy", "-o", "x.png", "--max-memory", "1M").code == 0
    assert cli("max", "-k", 1, "x.png", "-o", "y.npy", "--max-memory", "1M").code == 0
    np.testing.assert_array_equal(
        np.load(tmp_path / "y.npy"), x.reshape(3, 30, 2, 25, 2).max((2, 4))
    )


def test_results_for_stdout(cli, tmp_path):
    x = values("f4", (3, 60, 50))
    np.save(tmp_path / "x.npy", x)
    for words in (("max", "x.npy"), ("max", "-")):
        ran = cli(*words, "-o", "-", "--max-memory", "20k", stdin=npy(x))
        np.testing.assert_array_equal(
            np.load(io.BytesIO(ran.out)), x.reshape(3, 30, 2, 25, 2).max((2, 4))
        )


# ---- plans


def test_a_plan_that_cannot_fit_says_so_before_it_starts(cli, tmp_path):
    np.save(tmp_path / "x.npy", values("f4", (400, 500)))
    for words in (("median", "x.npy", "--dry-run"), ("median", "x.npy")):
        ran = cli(*words[:1], "--global", *words[1:], "--max-memory", "1M", "-o", "y.npy")
        assert ran.code == 1
        assert ran.err.startswith("Error: x.npy: median --global takes ")
        assert ran.err.count("\n") == 1
        assert "--max-memory leaves 1.0 MB" in ran.err
    assert list(tmp_path.iterdir()) == [tmp_path / "x.npy"]
    cure = ran.err.partition("give at least ")[2].partition(",")[0]
    assert cli("median", "--global", "x.npy", "--max-memory", cure, "-o", "y.npy").code == 0


def test_a_step_of_a_pipeline_that_cannot_fit(cli, tmp_path):
    np.save(tmp_path / "x.npy", values("f4", (400, 500)))
    for words in ("run", "shape"):
        ran = cli(words, "max -k 2 | median --global | max -k 1", "x.npy", "--max-memory", "1M")
        assert ran.code == 1
        assert "median --global takes " in ran.err


def test_shape_shows_bands_and_peak(cli, tmp_path):
    np.savez(tmp_path / "x.npz", values("f4", (3, 400, 500)))
    told = cli("shape", "max -k 3 -s 2 | avg -k 2", "x.npz", "--max-memory", "2M").text
    assert "bands" in told.splitlines()[0]
    assert "at once" in told.splitlines()[0]
    assert "peak 1.0 MB" in told
    assert "bands" not in cli("shape", "max", "x.npz").text
    ran = cli("shape", "median --global", "--input", "20000x40000", "--max-memory", "256M")
    assert ran.code == 2
    assert "median --global takes 198.4 GB at once" in ran.err


def test_an_image_that_cannot_fit_says_so_from_its_header(cli, tmp_path):
    Image.new("RGB", (3000, 2000)).save(tmp_path / "a.png")
    Image.new("RGB", (30, 20)).save(tmp_path / "b.png")
    ran = cli("max", "a.png", "b.png", "-o", "out", "--max-memory", "20M", "-j", 1)
    assert ran.code == 1
    assert "a.png: what is read and written takes 76.5 MB, " in ran.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.png"]
    assert cli("max", "a.png", "-o", "out", "--max-memory", "120M", "-j", 1).code == 0


def test_files_at_once_share(cli, tmp_path):
    for name in "ab":
        np.save(tmp_path / f"{name}.npy", values("f4", (300, 300)))
    words = "median --global a.npy b.npy -o out --overwrite --max-memory 30M -j"
    assert cli(*words.split(), 1).code == 0
    ran = cli(*words.split(), 2)
    assert ran.code == 1
    assert ran.err.count("--max-memory leaves 15.0 MB") == 2


@pytest.mark.parametrize("text", ["", "x", "-1", "0", "1Q", "1e3", "nan", "M", "1.5.5G"])
def test_sizes_that_are_none(text):
    with pytest.raises(RequestError, match="takes a size like 256M"):
        read_size(text)


def test_sizes():
    told = {
        "1": 1,
        "256M": 256e6,
        "2G": 2e9,
        "1.5GiB": 1.5 * 2**30,
        ".5kb": 500,
        "2 MiB": 2**21,
        "1t": 1e12,
    }
    assert {text: read_size(text) for text in told} == told
    assert [size_words(size) for size in (0, 999, 1000, 256e6, 3.2e9)] == [
        "0 B",
        "999 B",
        "1.0 KB",
        "256.0 MB",
        "3.2 GB",
    ]


# ---- large images, hard packed archives


def test_a_large_image_is_a_matter_of_trust(cli, tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    (tmp_path / "a.png").write_bytes(png(100, 50, 8, 0, bytes(101) * 50))
    ran = cli("max", "a.png")
    assert ran.code == 1
    assert "5,000 pixels" in ran.err
    assert "if you trust it, give --max-memory" in ran.err
    assert cli("max", "a.png", "--max-memory", "100M").code == 0


def test_an_archive_packed_hard_is_a_matter_of_trust(cli, tmp_path, monkeypatch):
    monkeypatch.setattr("poolcli.resources.limits.LARGE", 100_000)
    np.savez_compressed(tmp_path / "x.npz", x=np.zeros((400, 400), np.float32))
    for words in (("info", "x.npz"), ("max", "x.npz")):
        ran = cli(*words)
        assert ran.code == 1
        assert "unpack to 640.1 KB: if you trust it, give --max-memory 1M" in ran.err
    assert cli("max", "x.npz", "--max-memory", "1M", "-j", 1).code == 0
    np.savez(tmp_path / "x.npz", x=np.zeros((400, 400), np.float32))
    assert cli("max", "x.npz", "--overwrite").code == 0


# ---- the rooms below


def test_contiguous_copies_in_tiles(monkeypatch):
    monkeypatch.setattr(memory, "TILE", 64)
    for shape in ((7, 9), (3, 1, 50), (5, 4, 3, 2), (1000,)):
        x = values("f4", shape)
        for view in (x.T, x[..., ::-1], np.asfortranarray(x)):
            np.testing.assert_array_equal(contiguous(view), view)
            assert contiguous(view).flags.c_contiguous
    assert contiguous(x) is x


def test_parts_vanish_with_their_arrays(tmp_path):
    path = tmp_path / "part"

    def file():
        return path, path.open("x+b")

    with limits(memory=Budget(1000, file=file)):
        small = memory.empty((10,), "f4")
        large = memory.empty((10, 100), "f4")
    assert part_of(small) is None
    assert part_of(large).path == path
    assert part_of(large.T) is part_of(large[:5]) is None
    assert path.stat().st_size == memory.HEAD + large.nbytes
    del large
    assert not path.exists()


def test_memory_counts_what_is_alive():
    with limits(memory=Budget(4000)):
        arrays = [memory.empty((100,), "u1") for _ in range(20)]
        assert [part_of(each) is None for each in arrays] == [True] * 10 + [False] * 10
        del arrays
        assert part_of(memory.empty((1000,), "u1")) is None


def test_python_keeps_arrays_in_memory(tmp_path):
    """Files are for the command, which deletes them; whoever calls from Python holds the arrays."""
    assert current().memory.fits(1 << 50)
    assert not Budget().fits(1 << 50)


def test_a_disk_without_room_for_a_part():
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))"
    act = (
        "from poolcli.resources import limits, memory\n"
        "with limits.limits(memory=limits.Budget(1000)):\n"
        "    memory.empty((10**6,), 'u1')"
    )
    ran = subprocess.run(
        [sys.executable, "-B", "-c", f"{limit}\n{act}"],  # no module is cut off
        capture_output=True,
        text=True,
        check=False,
    )
    assert "FileError: 1.0 MB for a large array do not fit on the disk" in ran.stderr


def test_forms_are_in_the_order_of_this_machine():
    x = values(">f4", (4, 5))
    assert poolcli.pipeline.pipeline.as_map(x).form == Form((4, 5), np.dtype("=f4"), "HW")


# ---- a file that is larger than what the process may have


def sparse(path, shape):
    """An array of zeros but for its corners, which takes no room on the disk."""
    with path.open("wb") as stream:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
        start = stream.tell()
        stream.truncate(start + 4 * int(np.prod(shape)))
        stream.seek(start)
        stream.write(np.float32(7).tobytes())
        stream.seek(-4, os.SEEK_END)
        stream.write(np.float32(5).tobytes())


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["max", "-k", "4"], marks=pytest.mark.complete),
        pytest.param(["avg", "-k", "3", "-s", "2", "-p", "same"], marks=pytest.mark.complete),
        ["run", "max -k 3 -s 1 -p same | median -k 4"],
        pytest.param(["fuse", "max -k 4", "avg -k 4"], marks=pytest.mark.complete),
    ],
)
def test_300_megabytes_with_a_limit_of_64(tmp_path, words):
    """The process may have 160 MB of its own, Python, NumPy and stacks of threads included."""
    sparse(tmp_path / "x.npy", (10_000, 7_500))
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "poolcli",
            *words,
            "x.npy",
            "-o",
            "y.npy",
            "--max-memory",
            "64M",
            "-j",
            "2",
        ],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        text=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (160_000_000, 160_000_000)),
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    result = np.load(tmp_path / "y.npy", mmap_mode="r")
    assert ("median" in words[1]) == (result[0, 0] == 0)
    assert not result[1:-2].any()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.complete
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_archive_is_read_in_pieces(tmp_path, save):
    """No copy of the array is made on its way from the zip."""
    save(tmp_path / "x.npz", x=np.random.default_rng(0).integers(0, 256, (9000, 9000), np.uint8))
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "poolcli", "max", "-k", "3", "x.npz", "-o", "y.npz"),
            *("--max-memory", "20M", "-j", "1"),
        ],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        text=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (100_000_000, 100_000_000)),
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_zip_that_lies_about_where_a_stored_array_ends(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.npy", npy(values("f4", (100, 100))))
    raw = bytearray(stream.getvalue())
    central = raw.rindex(b"PK\x01\x02")
    raw[central + 24 : central + 28] = (2**31 - 1).to_bytes(4, "little")
    (tmp_path / "a.npz").write_bytes(raw)
    with limits(memory=Budget(1000)), pytest.raises(FileError, match="more than the archive holds"):
        poolcli.io.read(tmp_path / "a.npz")


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="this system allocates no files")
def test_what_cannot_fit_takes_nothing_of_the_disk(tmp_path, monkeypatch):
    """An allocation that fails in the end has filled the disk for everybody until then."""
    monkeypatch.setattr(os, "posix_fallocate", lambda *_: pytest.fail("the disk was filled"))
    disk = os.statvfs(tmp_path)
    with (tmp_path / "x").open("wb") as stream, pytest.raises(OSError, match="No space left"):
        memory.reserve(stream, 2 * disk.f_blocks * disk.f_frsize)


@pytest.mark.skipif(not hasattr(os, "fstatvfs"), reason="this system tells no free space")
def test_a_disk_that_tells_no_sizes_may_have_space(monkeypatch, tmp_path):
    """Some disks of other machines say that they have no blocks at all."""

    class Unknown:
        f_blocks = f_bavail = 0
        f_frsize = 4096

    monkeypatch.setattr(os, "fstatvfs", lambda _: Unknown)
    with (tmp_path / "x").open("wb") as stream:
        memory.reserve(stream, 5000)
    assert (tmp_path / "x").stat().st_size == 5000
