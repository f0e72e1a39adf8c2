"""Runs on one large array that are killed: the same command goes on, to the same bytes."""

import json
import os
import random
from functools import partial

import numpy as np
import pytest
from processes import end, needs, run, start, wait_for
from region_logs import check_without_a_worker, files_of, has_gone_on, logged

pytestmark = pytest.mark.complete

SHAPE = (24, 320, 320)


def write(folder, suffix):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4000, SHAPE).astype("uint16")
    if suffix == ".npy":
        np.save(folder / "x.npy", x)
        return
    zarr = pytest.importorskip("zarr")
    array = zarr.create_array(str(folder / "x.zarr"), shape=SHAPE, dtype="u2", chunks=(4, 64, 64))
    array[...] = x


@pytest.mark.parametrize("executor", ["threads", "processes", "dask"])
@pytest.mark.parametrize("suffix", [".npy", ".zarr"])
def test_killed_and_resumed(tmp_path, suffix, executor):
    needs(executor)
    chance = random.Random(suffix + executor)
    write(tmp_path, suffix)
    words = f"median -k 5 -s 3 -p 2 --layout DHW x{suffix} --max-memory 8M -j 2"
    assert run(f"{words} -o whole{suffix} -q", tmp_path)[0] == 0
    words += f" -o y{suffix} --resume log.jsonl --executor {executor} --report jsonl"
    for _ in range(3):
        before = len(logged(tmp_path))
        process = start(words, tmp_path, start_new_session=True)
        wait_for(partial(has_gone_on, process, tmp_path, before))
        if chance.random() < 0.5:
            os.killpg(process.pid, 9)
        process.kill()
        process.communicate()
        assert not (tmp_path / f"y{suffix}").exists() or process.returncode == 0
    code, out, err = run(words, tmp_path)
    assert (code, err) == (0, "")
    record = json.loads(out.splitlines()[0])
    assert record["status"] in ("done", "skipped")
    if record["status"] == "done":
        whole = np.prod(record["output_shape"]) * np.dtype(record["output_dtype"]).itemsize
        assert 0 < record["written_bytes"] < whole
    assert files_of(tmp_path / f"y{suffix}") == files_of(tmp_path / f"whole{suffix}")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"x{suffix}", f"y{suffix}", f"whole{suffix}", "log.jsonl"}
    assert json.loads(run(words, tmp_path)[1].splitlines()[0])["status"] == "skipped"


@pytest.mark.parametrize("executor", ["processes", "dask"])
@pytest.mark.parametrize("suffix", [".npy", ".zarr"])
def test_workers_share_one_array(tmp_path, suffix, executor):
    needs(executor)
    write(tmp_path, suffix)
    words = f"median -k 5 -s 3 -p 2 --layout DHW x{suffix} --report jsonl -j 2 --max-memory 8M"
    rows = []
    for name, how in (("a", "threads"), ("b", executor)):
        code, out, err = run(f"{words} -o {name}{suffix} --executor {how}", tmp_path)
        assert (code, err) == (0, "")
        rows.append(json.loads(out.splitlines()[0]))
    assert rows[0]["regions"] == rows[1]["regions"] > 4
    assert rows[0]["read_bytes"] == rows[1]["read_bytes"]
    assert files_of(tmp_path / f"a{suffix}") == files_of(tmp_path / f"b{suffix}")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"{name}{suffix}" for name in "xab"}


def test_a_worker_that_is_killed_costs_nothing(tmp_path):
    """Its regions are done by another process."""
    write(tmp_path, ".zarr")
    words = "median -k 7 -s 1 -p 3 --layout DHW x.zarr -j 2 --max-memory 8M -q"
    check_without_a_worker(words, tmp_path)


def test_another_cut_starts_again(tmp_path):
    write(tmp_path, ".zarr")
    words = "max -k 5 -s 3 --layout DHW x.zarr -o y.zarr --resume log.jsonl -q"
    process = start(f"{words} --max-memory 8M", tmp_path)
    wait_for(lambda: logged(tmp_path) or process.poll() is not None)
    process.kill()
    end_code = process.wait()
    process.communicate()
    assert end_code in (0, -9)
    assert run(f"{words} --max-memory 6M", tmp_path)[0] == 0
    assert run(f"{words.replace('y.zarr', 'z.zarr')} --max-memory 6M", tmp_path)[0] == 0
    assert files_of(tmp_path / "y.zarr") == files_of(tmp_path / "z.zarr")


def test_what_is_left_goes_where_nobody_resumes(tmp_path):
    write(tmp_path, ".zarr")
    words = "median -k 5 -s 3 --layout DHW x.zarr -o y.zarr --max-memory 8M"
    process = start(f"{words} --resume log.jsonl -q", tmp_path)
    wait_for(lambda: logged(tmp_path) or process.poll() is not None)
    process.kill()
    process.communicate()
    (tmp_path / "log.jsonl").unlink()
    assert end(start(f"{words} --overwrite -q", tmp_path))[0] == 0
    assert {path.name for path in tmp_path.iterdir()} == {"x.zarr", "y.zarr"}


def test_what_was_begun_and_is_gone_is_begun_again(tmp_path):
    import shutil

    write(tmp_path, ".zarr")
    words = "median -k 5 -s 3 --layout DHW x.zarr --max-memory 8M -q --resume log.jsonl"
    process = start(f"{words} -o y.zarr", tmp_path)
    wait_for(lambda: logged(tmp_path) or process.poll() is not None)
    process.kill()
    process.communicate()
    for path in tmp_path.glob(".y.zarr.*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert run(f"{words} -o y.zarr", tmp_path)[0] == 0
    assert run(f"{words} -o z.zarr", tmp_path)[0] == 0
    assert files_of(tmp_path / "y.zarr") == files_of(tmp_path / "z.zarr")
