"""The styles of a run's report, from outcomes with times that are made up."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

from poolcli.maps.feature_map import Form
from poolcli.report.run_report import RunReport
from poolcli.report.run_styles import FEW, SLOWEST
from poolcli.report.totals import Totals
from poolcli.run.outcome import Outcome, StepResult

FORM = Form((8, 8), np.dtype("float32"), "HW")
HALF = Form((4, 4), np.dtype("float32"), "HW")


def done(number, read_ms=1.0):
    rows = (StepResult("max -k 2", FORM, HALF, 1.0),)
    target = Path(f"out/{number:02}.npy")
    return Outcome(Path(f"in/{number:02}.npy"), target, "done", rows, pages=1, read_ms=read_ms)


def failed(number):
    source = Path(f"in/{number:02}.npy")
    return Outcome(source, Path("out"), "failed", reason="the file is damaged")


def report(style, outcomes, files=None):
    """What a style writes."""
    stream = io.StringIO()
    with RunReport(style, stream, io.StringIO(), Totals(files or len(outcomes))) as listener:
        for outcome in outcomes:
            listener.add(outcome)
    return stream.getvalue()


def first_cells(table):
    return [line.split("  ")[0] for line in table.splitlines()[2:]]


@pytest.fixture
def hundred():
    """A hundred outcomes: files 90 to 94 are slow, the last of them the slowest; three fail."""
    outcomes = [done(number) for number in range(100)]
    for rank, number in enumerate(range(90, 95)):
        outcomes[number] = done(number, read_ms=100.0 + rank)
    for number in (7, 70, 99):
        outcomes[number] = failed(number)
    return outcomes


def test_a_long_table_has_the_slowest_and_the_failed_files(hundred, capsys):
    table = report("table", hundred)
    slowest = [f"in/{number}.npy" for number in (94, 93, 92, 91, 90)]
    assert len(slowest) == SLOWEST
    assert first_cells(table) == [
        "slowest:",
        *slowest,
        "failed:",
        "in/07.npy",
        "in/70.npy",
        "in/99.npy",
        "100 files",
    ]
    assert "97 done, 3 failed in " in table
    errors = capsys.readouterr().err.splitlines()
    assert errors == [
        f"Error: in/{number}.npy: the file is damaged" for number in ("07", "70", "99")
    ]


def test_a_short_table_has_every_file_in_order():
    outcomes = [done(number, read_ms=FEW - number) for number in range(FEW)]
    names = [f"in/{number:02}.npy" for number in range(FEW)]
    assert first_cells(report("table", outcomes)) == [*names, f"{FEW} files"]


def test_a_table_of_failures_alone_is_left_out():
    assert report("table", [failed(1), failed(2)]) == ""


def test_json_is_whole_when_a_run_ends_early(hundred):
    document = json.loads(report("json", hundred[:3], files=100))
    assert [row["input"] for row in document["files"]] == ["in/00.npy", "in/01.npy", "in/02.npy"]
    assert (document["total"]["done"], document["total"]["not_done"]) == (3, 97)
    assert json.loads(report("json", [], files=2))["total"]["not_done"] == 2


def test_lines_and_csv_have_every_file(hundred):
    lines = report("jsonl", hundred).splitlines()
    assert [json.loads(line)["status"] for line in lines].count("failed") == 3
    header, *rows = report("csv", hundred).splitlines()
    assert header.startswith("input,output,status,pages,")
    assert len(rows) == len(hundred)
    assert report("none", hundred) == ""
