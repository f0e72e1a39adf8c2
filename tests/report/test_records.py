"""Records in each style of a report."""

import csv
import io
import json

import pytest


@pytest.mark.parametrize("words", ["ops", "semantics", "info photo.png", "shape max photo.png"])
def test_lists_are_told_in_every_style(cli, photo, words):
    whole = json.loads(cli(*words.split(), "--report", "json").out)
    lines = [
        json.loads(line) for line in cli(*words.split(), "--report", "jsonl").text.splitlines()
    ]
    cells = list(csv.DictReader(io.StringIO(cli(*words.split(), "--report", "csv").text)))
    assert lines == whole
    assert [list(row) for row in cells] == [list(row) for row in whole]
