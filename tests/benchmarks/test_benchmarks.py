"""On small arrays: every line of the benchmarks parses and runs, and the peers at hand agree.

No time is asserted.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks import accuracy, files, growth, memory, photos, show, soak  # noqa: E402
from benchmarks.bandwidth import Bandwidth  # noqa: E402
from benchmarks.case import opened  # noqa: E402
from benchmarks.lines import LINES  # noqa: E402
from benchmarks.measured import measured  # noqa: E402
from poolcli.analysis.bench import peers  # noqa: E402
from poolcli.analysis.bench.backends import (  # noqa: E402
    VARIABLE,
    backend_restored,
    built,
    in_backend,
)
from poolcli.analysis.bench.peer_timing import OtherResult, can, check_equal, timed  # noqa: E402
from poolcli.engine import backend  # noqa: E402

MOST = 84  # an axis of the small arrays: k 63 fits, 7 cells are equal, 5 does not divide it
pytestmark = pytest.mark.filterwarnings("default")  # the peers' own imports may warn


@pytest.fixture(params=LINES, ids=lambda line: line.name)
def case(request):
    with opened(request.param, MOST) as ready:
        yield ready


@pytest.fixture
def few():
    """The first line on few pixels."""
    with opened(LINES[0], 6) as ready:
        yield ready


@pytest.fixture(params=peers.PEERS)
def peer(request):
    module = f"poolcli.analysis.bench.peers.{peers.PEERS[request.param].module}"
    return pytest.importorskip(
        module, reason=f"{request.param} is not installed", exc_type=ImportError
    )


def test_a_line_gives_the_cells_it_plans(case):
    result = case.pool()
    assert tuple(result.shape[axis] for axis in case.axes) == case.cells
    assert result.flags.c_contiguous
    again = case.pooling(result)
    assert again() is again()
    np.testing.assert_array_equal(again(), result)


def test_peers_are_given_numbers_for_every_line_that_has_windows(case):
    windows = case.step.windows
    assert case.slides or windows is None or windows.name == "area"


def test_planes_and_back(case):
    assert case.planes.ndim == 2 + len(case.axes)
    np.testing.assert_array_equal(case.unplaned(case.planes), case.x)


def test_a_peer_agrees_on_every_line_it_has(peer):
    done = [line.name for line in LINES if agrees(peer, line)]
    assert done


def agrees(peer, line):
    """All ways of a peer give poolcli's result; False where it has no such operation."""
    with opened(line, MOST) as case:
        if not can(peer, case):
            return False
        ways = peer.prepare(case)
        for way in ways:
            check_equal(case, peer.read(case, way()), case.pool())
        return bool(ways)


@pytest.mark.parametrize(
    ("wrong", "note"),
    [
        (lambda result: result ^ 1, "100.0% of the values differ, by up to 1"),
        (lambda result: result[1:], "its shape is (2, 3, 3), poolcli's (3, 3, 3)"),
        (lambda result: result / "0", "TypeError: ufunc"),
    ],
)
def test_a_peer_that_computes_something_else_is_named_and_does_not_count(few, wrong, note):
    odd = SimpleNamespace(
        can=lambda _: True, prepare=lambda _: [few.pool], read=lambda _, result: wrong(result)
    )
    fair = SimpleNamespace(
        can=lambda _: True, prepare=lambda _: [few.pool], read=lambda _, result: result
    )
    timing = timed(few, {"odd": odd, "fair": fair}, 1, ["plain"])
    assert timing.peers.keys() == {"fair"}
    assert timing.fastest == "fair"
    assert timing.ratios.keys() == {"plain"}
    assert timing.notes["odd"].startswith(note)


def test_bytes_may_differ_by_a_rounding_and_no_more():
    line = next(
        line for line in LINES if line.text.startswith("avg") and line.data.dtype == "uint8"
    )
    with opened(line, 8) as case:
        middle = np.full_like(case.pool(), 9)
        check_equal(case, middle + 1, middle)
        with pytest.raises(OtherResult, match="by up to 2"):
            check_equal(case, middle + 2, middle)


def test_every_backend_that_is_built_is_timed():
    row = measured(LINES[0], {}, 1, Bandwidth(1e-11, 1e-11), most=6)
    assert tuple(row.poolcli) == built()
    assert row.share == pytest.approx(row.limit / row.poolcli[built()[0]])
    assert (row.fastest, row.ratios) == (None, {})


@pytest.mark.parametrize("before", [None, "plain"])
def test_the_choice_of_the_backend_is_restored(before, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    if before:
        monkeypatch.setenv(VARIABLE, before)
    with backend_restored():
        chosen = [in_backend(each, backend.name)() for each in built()]
    assert chosen == list(built())
    assert os.environ.get(VARIABLE) == before


@pytest.mark.complete
@pytest.mark.parametrize("op", growth.OPS)
def test_growth_runs_every_kernel(op):
    found = growth.growth(op, "plain", repeats=1, size=64)
    assert list(found.kernels) == list(growth.KERNELS)


@pytest.mark.parametrize("windows", accuracy.WINDOWS)
@pytest.mark.parametrize("values", accuracy.VALUES)
def test_accuracy_compares_with_float64(values, windows):
    found = accuracy.error(values, windows, count=10**4)
    scale = 1e6 if values.startswith("large") else 1
    assert tuple(found.poolcli) == built()
    assert max(found.poolcli.values()) <= 1e-6 * scale
    assert found.torch is None or found.torch <= 1e-6 * scale


@pytest.mark.skipif(not memory.STATUS.exists(), reason="only Linux tells the peak of a process")
def test_memory_is_measured_in_a_process_of_its_own():
    found = memory.need(memory.LINES[0], MOST)
    assert found.input == pytest.approx(4 * found.output)
    assert tuple(found.beyond) == built()


def test_run_py_is_the_program_from_any_folder(tmp_path):
    words = [sys.executable, str(ROOT / "benchmarks" / "run.py"), "--help"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: python -m benchmarks")


@pytest.mark.complete
def test_whole_commands_are_timed_and_write(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "FILES", ("photo.png", "photo.jpg"))
    monkeypatch.setattr(files, "FOLDERS", ("png",))
    (tmp_path / "png").mkdir()
    for name in ("photo.png", "photo.jpg", "png/000.png", "png/001.png"):
        Image.fromarray(photos.drawing()[::50, ::50]).save(tmp_path / name)
    rows = {row.line: row for row in files.work(tmp_path, repeats=1)}
    assert list(rows) == ["photo.png", "photo.jpg", "2 png"]
    for row in rows.values():
        assert row.ms.keys() == row.written.keys() >= {"poolcli"}
        assert min(row.ms.values()) > 0
        assert min(row.written.values()) > 0
    with Image.open(tmp_path / "by-poolcli" / "001.png") as made:
        assert made.size == (40, 30)


def test_every_program_is_found_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: program if program == "vips" else None)
    assert list(files._commands(tmp_path, "photo.jpg")) == ["poolcli", "vips"]
    assert list(files._commands(tmp_path, "photo.npy")) == ["poolcli", "numpy"]


@pytest.mark.complete
def test_photos_are_the_same_each_time():
    np.testing.assert_array_equal(photos._tile(1), photos._tile(1))
    assert photos._tile(0).shape == (photos.SIDE, photos.SIDE, 3)
    assert photos.drawing().shape == (3000, 4000, 3)


def test_tables_have_both_backends(capsys, monkeypatch):
    row = measured(LINES[0], {}, 1, Bandwidth(1e-11, 1e-11), most=6)
    row = replace(row, poolcli={"compiled": 1.0, "plain": 4.0}, peers={"torch": 2.0})
    monkeypatch.setattr(show, "console", Console(width=show.NARROWEST))
    show.timings([row], ["torch"])
    told = capsys.readouterr().out
    assert "compiled: geometric mean of 1 ratios: 2.00" in told
    assert f"plain: {row.line}: 0.50" in told
    assert "plain: 1 of 1 lines behind" in told


@pytest.mark.complete
def test_a_short_soak(capsys):
    words = "--files 30 --executor threads --executor processes --disturbances 2 --seed 3"
    soak.main(words.split())
    undisturbed, *told = capsys.readouterr().out.splitlines()
    assert undisturbed.startswith("undisturbed: 60 results")
    assert [line.partition(":")[0] for line in told] == ["threads", "processes"]
    assert all("60 results as undisturbed" in line for line in told)
