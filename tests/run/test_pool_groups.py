"""Pyramids whose groups several workers make: the bytes of one, also when some of them are lost."""

import json
import os
from contextlib import suppress
from functools import partial

import numpy as np
import pytest
from processes import needs, run, start, wait_for
from region_logs import check_without_a_worker, files_of, has_gone_on, logged

zarr = pytest.importorskip("zarr")
pytestmark = pytest.mark.complete

SHAPE = (16, 256, 192)
WORDS = "pyramid --op {op} --levels 3 x.zarr --layout DHW --max-memory 8M -j 2 --report jsonl"


def write(folder, **stored):
    x = np.random.default_rng(0).integers(0, 5, SHAPE).astype("u2").repeat(2, 0)
    x[:8, :64] = 0  # chunks that are not stored
    options = {"chunks": (8, 32, 32), "zarr_format": 2, **stored}
    zarr.create_array(str(folder / "x.zarr"), shape=x.shape, dtype="u2", **options)[...] = x


def has_no_rest(folder, *names):
    return {path.name for path in folder.iterdir()} == {"x.zarr", *names}


@pytest.mark.parametrize("executor", ["threads", "processes", "dask"])
@pytest.mark.parametrize("op", ["mode", "avg"])
def test_workers_share_one_pyramid(tmp_path, executor, op):
    needs(executor)
    write(tmp_path)
    words, expected = WORDS.format(op=op), 32 * 256 * 192 * 2
    whole = words.replace("8M", "1G")
    assert run(f"{whole} -o whole.zarr", tmp_path)[0] == 0
    code, out, err = run(f"{words} -o y.zarr --executor {executor} --resume log.jsonl", tmp_path)
    assert (code, err) == (0, "")
    record = json.loads(out.splitlines()[0])
    assert record["read_bytes"] == expected
    assert len(record["steps"]) == 3
    assert len(logged(tmp_path)) > 8  # each a task
    assert files_of(tmp_path / "y.zarr") == files_of(tmp_path / "whole.zarr")
    assert has_no_rest(tmp_path, "whole.zarr", "y.zarr", "log.jsonl")


@pytest.mark.parametrize("executor", ["threads", "processes", "dask"])
def test_killed_and_resumed(tmp_path, executor):
    needs(executor)
    write(tmp_path)
    words = WORDS.format(op="mode")
    assert run(f"{words} -o whole.zarr", tmp_path)[0] == 0
    words += f" -o y.zarr --resume log.jsonl --executor {executor}"
    for most in (3, 12, 30):
        process = start(words, tmp_path, start_new_session=True)
        wait_for(partial(has_gone_on, process, tmp_path, most))
        with suppress(ProcessLookupError):  # it has ended
            os.killpg(process.pid, 9)
        process.communicate()
        assert not (tmp_path / "y.zarr").exists() or process.returncode == 0
    code, _, err = run(words, tmp_path)
    assert (code, err) == (0, "")
    assert files_of(tmp_path / "y.zarr") == files_of(tmp_path / "whole.zarr")
    assert has_no_rest(tmp_path, "whole.zarr", "y.zarr", "log.jsonl")


def test_a_worker_that_is_killed_costs_nothing(tmp_path):
    write(tmp_path)
    check_without_a_worker(WORDS.format(op="mode"), tmp_path)


@pytest.mark.parametrize("left", [".", "level0", "level0/zarr.json"])
def test_what_was_put_aside_and_is_gone_is_made_again(tmp_path, left):
    """A power failure may leave the log of before what was removed at the end."""
    import shutil

    write(tmp_path)
    words = WORDS.format(op="mode")
    assert run(f"{words} -o whole.zarr", tmp_path)[0] == 0
    words += " -o y.zarr --resume log.jsonl"
    process = start(words, tmp_path)
    wait_for(partial(has_gone_on, process, tmp_path, 3))
    process.kill()
    process.communicate()
    for gone in tmp_path.glob(f".y.zarr.*/.poolcli-part/levels/{left}"):
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    assert run(words, tmp_path)[0] == 0
    assert files_of(tmp_path / "y.zarr") == files_of(tmp_path / "whole.zarr")


def test_shards_are_whole_in_groups(tmp_path):
    write(tmp_path, zarr_format=3, shards=(16, 64, 64))
    words = WORDS.format(op="max")
    assert run(f"{words} -o whole.zarr", tmp_path)[0] == 0
    assert run(f"{words} -o y.zarr --executor processes", tmp_path)[0] == 0
    assert files_of(tmp_path / "y.zarr") == files_of(tmp_path / "whole.zarr")
