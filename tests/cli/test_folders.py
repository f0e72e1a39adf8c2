"""Folders as inputs and outputs."""

import json

import numpy as np
import pytest
from PIL import Image


class TestFolders:
    @pytest.fixture(autouse=True)
    def tree(self, tmp_path):
        for name in ("in/a.png", "in/sub/b.png", "in/sub/c.npy", "in/notes.txt", "in/.hidden.png"):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".npy":
                np.save(path, np.arange(16.0).reshape(4, 4))
            elif path.suffix == ".png":
                Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(path)
            else:
                path.write_text("no picture")

    @staticmethod
    def files(folder):
        return sorted(
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
        )

    def test_one_level(self, cli, tmp_path):
        assert cli("max", "in", "-o", "out").code == 0
        assert self.files(tmp_path / "out") == ["a.png"]

    def test_tree_is_kept(self, cli, tmp_path):
        ran = cli("max", "in", "-o", "out", "-r", "--report", "json")
        assert ran.code == 0
        assert self.files(tmp_path / "out") == ["a.png", "sub/b.png", "sub/c.npy"]
        assert json.loads(ran.out)["total"]["done"] == 3

    def test_beside_without_output(self, cli, tmp_path):
        assert cli("avg", "in", "-r").code == 0
        assert {"a-avg.png", "sub/b-avg.png", "sub/c-avg.npy"} < set(self.files(tmp_path / "in"))

    def test_include_and_exclude(self, cli, tmp_path):
        assert (
            cli("max", "in", "-o", "out", "-r", "--include", "*.png", "--exclude", "sub/*").code
            == 0
        )
        assert self.files(tmp_path / "out") == ["a.png"]

    def test_a_row_a_file_and_totals(self, cli):
        text = cli("max", "in", "-r", "-o", "out").text
        assert [line.split()[0] for line in text.splitlines()[2:]] == [
            "in/a.png",
            "in/sub/b.png",
            "in/sub/c.npy",
            "3",
        ]
        assert "3 done" in text

    def test_a_bad_file_is_a_row(self, cli, tmp_path):
        (tmp_path / "in/bad.png").write_bytes(b"not a picture at all")
        ran = cli("max", "in", "-r", "-o", "out", "--report", "json")
        assert ran.code == 1
        rows = {row["input"]: row for row in json.loads(ran.out)["files"]}
        assert rows["in/bad.png"]["status"] == "failed"
        assert rows["in/bad.png"]["reason"]
        assert [row["status"] for row in rows.values()].count("done") == 3
        assert "in/bad.png" in ran.err
        assert self.files(tmp_path / "out") == ["a.png", "sub/b.png", "sub/c.npy"]

    def test_jobs_do_not_change_anything(self, cli, tmp_path):
        reports = []
        for jobs in (1, 4):
            ran = cli("avg", "in", "-r", "-o", f"out{jobs}", "-j", jobs, "--report", "jsonl")
            reports.append([json.loads(line)["input"] for line in ran.text.splitlines()])
        assert reports[0] == reports[1]
        for name in self.files(tmp_path / "out1"):
            assert (tmp_path / "out1" / name).read_bytes() == (
                tmp_path / "out4" / name
            ).read_bytes()

    def test_fail_fast(self, cli, tmp_path):
        (tmp_path / "in/A.png").write_bytes(b"not a picture at all")
        ran = cli("max", "in", "-r", "-o", "out", "-j", 1, "--fail-fast", "--report", "json")
        assert ran.code == 1
        assert len(json.loads(ran.out)["files"]) == 1

    def test_dry_run_writes_nothing(self, cli, tmp_path):
        ran = cli("max", "in", "-r", "-o", "out", "--dry-run", "--report", "json")
        rows = json.loads(ran.out)["files"]
        assert ran.code == 0
        assert {row["status"] for row in rows} == {"planned"}
        assert rows[0]["output_shape"] == [4, 4]
        assert not (tmp_path / "out").exists()

    def test_files_from(self, cli, tmp_path):
        (tmp_path / "list").write_text("in/a.png\n\nin/sub/b.png\n")
        assert cli("max", "--files-from", "list", "-o", "out").code == 0
        assert self.files(tmp_path / "out") == ["a.png", "b.png"]
        assert cli("max", "--files-from", "-", "-o", "again", stdin=b"in/a.png\n").code == 0
        names = b"in/a.png\0in/sub/b.png\0"  # as find -print0 ends them
        assert cli("max", "--files-from", "-", "-o", "nul", stdin=names).code == 0
        assert self.files(tmp_path / "again") == ["a.png"]
        assert self.files(tmp_path / "nul") == ["a.png", "b.png"]

    def test_collision_stops_the_run(self, cli, tmp_path):
        ran = cli("max", "in/a.png", "in/sub/b.png", "-o", "out", "--name", "same.png")
        assert ran.code == 2
        assert "would both write" in ran.err
        assert not (tmp_path / "out").exists()

    def test_an_input_is_not_overwritten_by_another(self, cli, tmp_path):
        before = (tmp_path / "in/sub/b.png").read_bytes()
        ran = cli(
            "min",
            "in/a.png",
            "in/sub/b.png",
            "-o",
            "in/sub",
            "--name",
            "{index}.png",
            "--overwrite",
        )
        assert ran.code == 0
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "in/1.png")
        ran = cli("min", "in/a.png", "in/1.png", "-o", "in", "--name", "{index}.png", "--overwrite")
        assert ran.code == 2
        assert "which is an input too" in ran.err
        assert (tmp_path / "in/sub/b.png").read_bytes() == before

    def test_nothing_matched(self, cli):
        for words in (["in", "--include", "*.tif"], ["none*.png"]):
            ran = cli("max", *words)
            assert ran.code == 3
            assert "no image or array" in ran.err
