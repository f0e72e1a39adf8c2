"""Maps that are normalised region by region: measured first, to the bits of the whole."""

import json
import os
import shlex
from functools import partial

import numpy as np
import pytest
from PIL import Image
from processes import needs, run, start, wait_for
from region_logs import files_of

from poolcli import io
from poolcli.maps.feature_map import FeatureMap
from poolcli.run.region_plan import RegionPlan

pytestmark = pytest.mark.complete

PIPELINES = [
    "avg -k 3 -s 2 -p 1 --normalize minmax",
    "max -k 2 --normalize zscore --nan ignore",
    "median -k 3 --normalize zscore --nodata 3",
    "sum --area 7 --normalize minmax",
    "avg -k 3 -s 1 -p same --border 2 --normalize zscore",
    "max -k 2 --normalize zscore | std -k 3 -s 2 -p 1 --normalize minmax",
    "avg -k 3 -s 1 | sample -s 2 | l2 -k 2 --normalize minmax --nan ignore --dtype int16",
]
LAYOUTS = {"CHW": (3, 90, 80), "NCHW": (2, 3, 60, 55), "NHW": (4, 90, 100), "DHW": (14, 50, 54)}


def values_of(rng, dtype, shape):
    if np.dtype(dtype).kind != "f":
        return rng.integers(0, 90, shape).astype(dtype)
    x = (rng.standard_normal(shape) * 10.0 ** rng.integers(-3, 4, shape)).astype(dtype)
    x[..., 3, 5] = np.nan
    x[..., 9, 1] = np.inf
    return x


def write(path, x, layout):
    save = (
        {"chunks": "x".join(["1"] * (x.ndim - 2) + ["16", "32"])} if path.suffix != ".npy" else {}
    )
    writer = io.writer([FeatureMap(x, layout)], io.format_named(path.suffix), save)
    with writer.to(path, overwrite=False):
        pass


@pytest.fixture
def agree(cli, tmp_path):
    """Whether a file is pooled in regions to the bytes of the whole; the row of the former."""

    def compare(text, name, memory, *more):
        rows = []
        for limit, target in ((None, "whole"), (memory, "parts")):
            words = (*more, "-o", target, "--to", "npy", "--overwrite", "--report", "jsonl")
            words += () if limit is None else ("--max-memory", limit)
            ran = cli("run", text, name, *words)
            assert ran.code == 0, ran.err
            rows.append(json.loads(ran.text.splitlines()[0]))
        assert files_of(tmp_path / "whole") == files_of(tmp_path / "parts")
        assert rows[0]["saturated"] == rows[1]["saturated"]
        return rows[1]

    return compare


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("text", PIPELINES)
def test_regions_have_the_bits_of_the_whole(agree, tmp_path, text, seed):
    rng = np.random.default_rng(seed)
    layout = list(LAYOUTS)[seed]
    dtype = rng.choice(["u1", "f4", "f8"])
    for library in ("zarr",):
        pytest.importorskip(library, reason=f"{library} is not installed")
    suffix = [".npy", ".zarr"][seed % 2]
    x = values_of(rng, dtype, LAYOUTS[layout])
    write(tmp_path / f"x{suffix}", x, layout)
    row = agree(text, f"x{suffix}", rng.choice(["150K", "200K", "300K"]), "--layout", layout)
    assert row["regions"] > 1
    assert row["read_bytes"] > x.nbytes * (0.8 + text.count("--normalize"))


@pytest.mark.parametrize("backend", ["plain", "compiled"])
@pytest.mark.parametrize("how", ["minmax", "zscore"])
def test_both_backends_agree(agree, tmp_path, monkeypatch, how, backend):
    from poolcli.engine.backend import is_built

    if backend == "compiled" and not is_built():
        pytest.skip("the extension was not built")
    monkeypatch.setenv("POOLCLI_BACKEND", backend)
    np.save(tmp_path / "x.npy", values_of(np.random.default_rng(9), "f4", (2, 3, 70, 90)))
    assert agree(f"std -k 3 --normalize {how}", "x.npy", "200K")["regions"] > 1


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA"])
@pytest.mark.parametrize("more", ["", "--linear"])
def test_images_by_tiles(agree, tmp_path, mode, more):
    pytest.importorskip("tifffile", reason="tifffile is not installed")
    rng = np.random.default_rng(1)
    channels = {"L": (), "LA": (2,), "RGB": (3,), "RGBA": (4,)}[mode]
    pixels = rng.integers(40, 200, (320, 300, *channels), np.uint8)
    if mode.endswith("A"):
        pixels[..., -1] = rng.integers(0, 3, (320, 300)) * 100
    Image.fromarray(pixels).save(tmp_path / "x.png")
    from poolcli.maps.picture import Picture

    layout = "HWC" if channels else "HW"
    writer = io.writer(
        [FeatureMap(pixels, layout, Picture(mode), facts={"chunks": {"H": 32, "W": 32}})],
        io.format_named(".tif"),
    )
    with writer.to(tmp_path / "x.tif", overwrite=False):
        pass
    row = agree(f"avg -k 3 -s 2 --normalize minmax {more}", "x.tif", "1M")
    assert row["regions"] > 1


def test_a_map_of_no_values_and_one_of_equal_ones(agree, tmp_path):
    x = np.full((3, 120, 100), np.nan, np.float32)
    x[1] = 7
    np.save(tmp_path / "x.npy", x)
    agree("max -k 2 --normalize zscore", "x.npy", "100K", "--layout", "NHW")


@pytest.mark.parametrize("executor", ["threads", "processes", "dask"])
def test_executors_and_a_log(cli, tmp_path, executor):
    needs(executor)
    x = values_of(np.random.default_rng(2), "f4", (3, 4, 90, 80))
    np.save(tmp_path / "x.npy", x)
    steps = ("max", 2, "zscore"), ("avg", 3, "minmax")
    rows = ('[[step]]\nop = "{}"\nkernel = {}\nnormalize = "{}"\n'.format(*each) for each in steps)
    (tmp_path / "steps.toml").write_text("".join(rows))
    words = "run --file steps.toml x.npy --layout NCHW"
    assert run(f"{words} -o whole.npy -q", tmp_path)[0] == 0
    words += f" --max-memory 400K -j 2 --executor {executor} --resume log.jsonl --report jsonl"
    code, out, err = run(f"{words} -o y.npy", tmp_path)
    assert (code, err) == (0, "")
    assert json.loads(out.splitlines()[0])["regions"] > 4
    assert files_of(tmp_path / "y.npy") == files_of(tmp_path / "whole.npy")
    assert [len(each["measured"]) for each in measured(tmp_path)] == [1, 1]


def measured(folder):
    log = folder / "log.jsonl"
    lines = log.read_bytes().split(b"\n")[:-1] if log.exists() else []
    return [record for record in map(json.loads, lines) if "measured" in record]


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_killed_and_resumed(tmp_path, executor):
    needs(executor)
    x = np.random.default_rng(0).integers(0, 4000, (24, 320, 320)).astype("uint16")
    np.save(tmp_path / "x.npy", x)
    words = "median -k 5 -s 3 -p 2 --normalize zscore --layout DHW x.npy --max-memory 8M -j 2"
    assert run(f"{words} -o whole.npy -q", tmp_path)[0] == 0
    words += f" -o y.npy --resume log.jsonl --executor {executor} --report jsonl"

    def has_measured(process):
        return measured(tmp_path) or process.poll() is not None

    process = start(words, tmp_path, start_new_session=True)
    wait_for(partial(has_measured, process))
    os.killpg(process.pid, 9)
    process.communicate()
    code, out, err = run(words, tmp_path)
    assert (code, err) == (0, "")
    row = json.loads(out.splitlines()[0])
    assert row["status"] == "done"
    assert row["read_bytes"] < 2 * x.nbytes, "the map was measured again"
    assert files_of(tmp_path / "y.npy") == files_of(tmp_path / "whole.npy")
    assert len(measured(tmp_path)) == 1


def test_what_a_dry_run_reads(cli, tmp_path):
    np.save(tmp_path / "x.npy", np.ones((4, 200, 200), np.float32))
    words = shlex.split("max --normalize minmax x.npy --max-memory 200K --report jsonl")
    row = json.loads(cli(*words, "--dry-run").text.splitlines()[0])
    assert row["read_bytes"] == 2 * 4 * 200 * 200 * 4
    assert row["regions"] > 1


def test_memory_that_holds_all_is_used(cli, tmp_path):
    np.save(tmp_path / "x.npy", np.ones((4, 200, 200), np.float32))
    words = shlex.split("max --normalize minmax x.npy --max-memory 200M --report jsonl -o y.npy")
    assert json.loads(cli(*words).text.splitlines()[0])["regions"] == 1


def test_any_shape_measures_the_same():
    from poolcli import parse
    from poolcli.io.header import Header
    from poolcli.run.file_plan import results_of
    from poolcli.run.measuring import Measurer, pass_of
    from poolcli.run.region_blocks import Sources, Tally
    from poolcli.run.region_progress import listening

    class Held:
        headers = (Header("", (2, 20, 30), "float32", "NHW", chunks=(1, 4, 8)),)

        def read(self, number, region):
            return FeatureMap(x[region], "NHW")

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    rng = np.random.default_rng(3)
    x = values_of(rng, "f4", (2, 20, 30))
    planned = results_of(parse("avg -k 3 -s 1 | max --normalize zscore"), Held.headers[0])
    found = set()
    for _ in range(6):
        shape = tuple(int(rng.integers(1, size + 1)) for size in (2, 18, 28))
        each = pass_of(planned, 1, [shape])
        assert isinstance(each.plans[0], RegionPlan)
        heard = []
        with Sources(Held) as sources, listening(heard.append):
            measurer = Measurer(each, sources, Tally())
            for turn in rng.permutation(each.regions).tolist():
                measurer.make(turn)
        assert [one.done for one in heard] == list(range(1, each.regions + 1))
        found.add(tuple(each.statistics_of(measurer.found)[0, 1]))
    assert len(found) == 1
