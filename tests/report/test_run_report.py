"""Reports of runs in each style."""

import csv
import io
import json

import pytest


class TestReports:
    def test_json(self, cli, photo):
        report = json.loads(cli("run", "avg -k 2 | max -k 3", "photo.png", "--report", "json").out)
        (row,) = report["files"]
        assert row["status"] == "done"
        assert (row["input_shape"], row["output_shape"]) == ([12, 16, 3], [2, 2, 3])
        assert [step["step"] for step in row["steps"]] == ["avg -k 2", "max -k 3"]
        assert row["read_ms"] >= 0
        assert report["total"]["files"] == 1

    def test_csv(self, cli, photo):
        (row,) = csv.DictReader(io.StringIO(cli("max", "photo.png", "--report", "csv").text))
        assert (row["input"], row["output_shape"]) == ("photo.png", "6x8x3")

    def test_a_row_a_step(self, cli, photo):
        text = cli("run", "avg -k 2 | max -k 3", "photo.png").text
        assert "step 1" in text
        assert "6x8x3 → 2x2x3" in text

    @pytest.mark.parametrize("words", [("-q",), ("--report", "none")])
    def test_silence(self, cli, photo, words):
        ran = cli("max", "photo.png", *words)
        assert (ran.code, ran.out, ran.err) == (0, b"", "")

    def test_control_characters_are_spelt_out(self, cli, photo, tmp_path):
        (tmp_path / "photo.png").rename(tmp_path / "a\x1b[31m\n.png")
        ran = cli("max", "a\x1b[31m\n.png")
        assert "\x1b" not in ran.text
        assert "a\\x1b[31m\\n.png" in ran.text
