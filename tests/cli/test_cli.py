"""The contract that users see: commands, files, reports, exit codes."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

import poolcli
from poolcli.cli.examples import EXAMPLES
from poolcli.cli.group import COMMANDS
from poolcli.pipeline.kinds import FLAG
from poolcli.pipeline.table import OPS


def halves(pixels):
    """The blocks of 2 by 2 of an image."""
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    return pixels[: 2 * height, : 2 * width].reshape(height, 2, width, 2, -1)


def load(path):
    return np.asarray(Image.open(path))


def test_main_job(cli, photo, tmp_path):
    ran = cli("max", "--k", 2, "--stride", 2, "photo.png")
    assert ran.code == 0
    assert ran.err == ""
    np.testing.assert_array_equal(load(tmp_path / "photo-max.png"), halves(photo).max((1, 3)))
    assert "photo.png" in ran.text
    assert "12x16x3 → 6x8x3" in ran.text
    assert "pool ms" in ran.text
    assert "photo-max.png" in ran.text


@pytest.mark.parametrize(
    ("words", "given", "expected"),
    [
        ("max -k 2 -s 1", np.arange(1, 16).reshape(3, 5), [[7, 8, 9, 10], [12, 13, 14, 15]]),
        ("avg -k 2 -s 1", np.arange(1, 16).reshape(3, 5), [[4, 5, 6, 7], [9, 10, 11, 12]]),
        ("max -k 3x1", np.arange(1, 19).reshape(6, 3), [[7, 8, 9], [16, 17, 18]]),
        (
            "max -k 2 -s 1 -p same",
            np.arange(1, 10).reshape(3, 3),
            [[5, 6, 6], [8, 9, 9], [8, 9, 9]],
        ),
        (
            "avg -k 2 -s 1 -p same",
            np.arange(1, 10).reshape(3, 3),
            [[3, 4, 4.5], [6, 7, 7.5], [7.5, 8.5, 9]],
        ),
        ("l2 -k 2", np.array([[1.0, 2], [3, 4]]), [[7.5**0.5]]),
        (
            "avg -k 7 -s 3 -p 3 --ceil-mode --count-include-pad",
            np.arange(1.0, 10),
            [10 / 7, 4, 39 / 7, 4],
        ),
        ("avg -k 7 -s 3 -p 3 --ceil-mode", np.arange(1.0, 10), [2.5, 4, 6.5, 8]),
        ("avg -k 2 -s 2 --ceil-mode --divisor 4", np.ones((3, 3)), [[1, 0.5], [0.5, 0.25]]),
        ("avg --adaptive 5", np.array([0.0, 1, 2]), [0, 0.5, 1, 1.5, 2]),
    ],
)
def test_seed_formulas(cli, tmp_path, words, given, expected):
    np.save(tmp_path / "x.npy", given)
    assert cli(*words.split(), "x.npy", "-o", "y.npy").code == 0
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), expected, rtol=1e-15)


@pytest.mark.parametrize("kernel", range(1, 65))
def test_average_of_bytes_is_the_exact_mean_rounded_once(cli, tmp_path, kernel):
    pixels = np.random.default_rng(kernel).integers(0, 256, (2 * kernel, 3 * kernel), np.uint8)
    pixels[:kernel, :kernel] = 0
    pixels[:kernel, : kernel // 2] = 255  # half of a window, so that ties come up
    Image.fromarray(pixels).save(tmp_path / "a.png")
    sums = pixels.reshape(2, kernel, 3, kernel).sum((1, 3), dtype=int)
    for rule, extra in (("half-even", None), ("half-up", 0.5), ("floor", 0)):
        assert (
            cli("avg", "-k", kernel, "a.png", "-o", "b.png", "--overwrite", "--round", rule).code
            == 0
        )
        n = kernel * kernel
        exact = [[_rounded(int(total), n, extra) for total in row] for row in sums]
        np.testing.assert_array_equal(load(tmp_path / "b.png"), exact)


def _rounded(total, n, extra):
    if extra is None:
        down, rest = divmod(total, n)
        return down + (2 * rest > n or (2 * rest == n and down % 2 == 1))
    return (2 * total + int(2 * extra) * n) // (2 * n)


def test_pipe_of_images(cli, photo, tmp_path):
    first = cli("avg", "-k", 2, "photo.png", "-o", "-")
    assert first.code == 0
    assert "photo.png" in first.err
    second = cli("max", "-k", 3, "-s", 1, "-p", "same", "-", "-o", "b.png", stdin=first.out)
    assert second.code == 0
    mean = np.rint(halves(photo).mean((1, 3))).astype(np.uint8)
    expected = poolcli.pool(mean, "max", kernel=3, stride=1, padding="same", layout="HWC")
    np.testing.assert_array_equal(load(tmp_path / "b.png"), expected)


def test_pipe_of_arrays(cli, tmp_path):
    x = np.random.default_rng(1).random((2, 3, 8, 8), np.float32)
    np.save(tmp_path / "a.npy", x)
    first = cli("avg", "-k", 2, "a.npy", "-o", "-")
    second = cli("max", "-k", 3, "-s", 1, "-p", "same", "-", "-o", "-", stdin=first.out)
    assert (first.code, second.code) == (0, 0)
    result = np.load(io.BytesIO(second.out))
    np.testing.assert_array_equal(result, poolcli.parse("avg -k 2 | max -k 3 -s 1 -p same")(x))


def test_run_is_the_pipe(cli, photo, tmp_path):
    piped = cli(
        "max",
        "-k",
        3,
        "-s",
        1,
        "-",
        "-o",
        "-",
        stdin=cli("avg", "-k", 2, "photo.png", "-o", "-").out,
    )
    ran = cli("run", "avg -k 2 | max -k 3 -s 1", "photo.png", "-o", "-")
    np.testing.assert_array_equal(load(io.BytesIO(ran.out)), load(io.BytesIO(piped.out)))


def test_run_from_a_recipe(cli, tmp_path):
    recipe = '[[step]]\nop = "max"\nkernel = [3, 2]\npadding = [[1, 0], [0, 1]]\n[[step]]\nop = "avg"\nglobal = true\n'
    (tmp_path / "r.toml").write_text(recipe)
    x = np.random.default_rng(1).random((2, 9, 8), np.float32)
    np.save(tmp_path / "x.npy", x)
    assert cli("run", "--file", "r.toml", "x.npy", "-o", "y.npy").code == 0
    expected = poolcli.parse("max -k 3x2 -p 1:0x0:1 | avg --global")(x)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), expected)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("l", (9,)),
        ("hw", (9, 8)),
        ("chw", (3, 9, 8)),
        ("nchw", (2, 3, 9, 8)),
        ("ncdhw", (2, 3, 6, 9, 8)),
    ],
)
def test_layout_by_the_number_of_axes(cli, tmp_path, name, shape):
    x = np.random.default_rng(0).random(shape)
    np.save(tmp_path / "x.npy", x)
    assert cli("max", "x.npy", "-o", "y.npy").code == 0
    space = len(shape) if len(shape) < 3 else len(shape) - 2 + (len(shape) == 3)
    assert np.load(tmp_path / "y.npy").shape == shape[:-space] + tuple(
        size // 2 for size in shape[-space:]
    )


def test_layout_named(cli, tmp_path):
    x = np.random.default_rng(0).random((2, 8, 6, 3))
    np.save(tmp_path / "x.npy", x)
    assert cli("max", "--layout", "NHWC", "x.npy", "-o", "y.npy").code == 0
    np.testing.assert_array_equal(
        np.load(tmp_path / "y.npy"), x.reshape(2, 4, 2, 3, 2, 3).max((2, 4))
    )


def test_every_array_of_an_npz(cli, tmp_path):
    arrays = {"a": np.arange(16.0).reshape(4, 4), "b": np.arange(32).reshape(2, 4, 4)}
    np.savez(tmp_path / "x.npz", **arrays)
    assert cli("max", "x.npz").code == 0
    with np.load(tmp_path / "x-max.npz") as result:
        assert list(result) == ["a", "b"]
        for name, x in arrays.items():
            np.testing.assert_array_equal(result[name], poolcli.pool(x, "max"))


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
        assert (tmp_path / "again").is_file()

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


class TestNames:
    def test_template(self, cli, photo, tmp_path):
        assert cli("avg", "photo.png", "--name", "{index:03}-{stem}.{op}{suffix}").code == 0
        assert (tmp_path / "001-photo.avg.png").exists()

    def test_pipeline_is_named_after_its_steps(self, cli, photo, tmp_path):
        assert cli("run", "avg | max", "photo.png").code == 0
        assert (tmp_path / "photo-avg-max.png").exists()

    def test_to(self, cli, photo, tmp_path):
        assert cli("max", "photo.png", "--to", "npy").code == 0
        assert np.load(tmp_path / "photo-max.npy").shape == (3, 6, 8)

    @pytest.mark.parametrize(
        "template",
        ["{what}", "../{stem}.png", "/tmp/{stem}", "{stem", "{}", "{stem.__class__}", ""],
    )
    def test_bad_templates(self, cli, photo, tmp_path, template):
        ran = cli("max", "photo.png", "--name", template)
        assert ran.code == 2
        assert "--name" in ran.err
        assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]

    def test_existing_outputs(self, cli, photo, tmp_path):
        assert cli("max", "photo.png").code == 0
        first = (tmp_path / "photo-max.png").read_bytes()
        refused = cli("min", "photo.png", "-o", "photo-max.png")
        assert refused.code == 1
        assert "--overwrite" in refused.err
        skipped = cli("min", "photo.png", "-o", "photo-max.png", "--skip-existing")
        assert skipped.code == 0
        assert "skipped" in skipped.text
        assert (tmp_path / "photo-max.png").read_bytes() == first
        assert cli("min", "photo.png", "-o", "photo-max.png", "--overwrite").code == 0
        np.testing.assert_array_equal(load(tmp_path / "photo-max.png"), halves(photo).min((1, 3)))

    def test_a_folder_that_exists(self, cli, photo, tmp_path):
        (tmp_path / "out").mkdir()
        assert cli("max", "photo.png", "-o", "out").code == 0
        assert cli("max", "photo.png", "-o", "new/").code == 0
        assert (tmp_path / "out/photo.png").exists()
        assert (tmp_path / "new/photo.png").exists()


class TestReports:
    def test_json(self, cli, photo):
        report = json.loads(cli("run", "avg -k 2 | max -k 3", "photo.png", "--report", "json").out)
        (row,) = report["files"]
        assert row["status"] == "done"
        assert (row["input_shape"], row["output_shape"]) == ([12, 16, 3], [2, 2, 3])
        assert [step["step"] for step in row["steps"]] == ["avg -k 2", "max -k 3"]
        assert row["read_ms"] > 0
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


class TestWrongRequests:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ("max --kernle 3 photo.png", "max has no option --kernle; did you mean --kernel?"),
            ("maxx photo.png", "there is no command 'maxx'; did you mean max?"),
            ("max", "give INPUT"),
            ("max -k 0 photo.png", "--kernel 0"),
            ("max -k -1 photo.png", "--kernel -1"),
            ("max -k 2.5 photo.png", "--kernel 2.5"),
            ("max -k 2x2x photo.png", "--kernel 2x2x"),
            ("max -s 0 photo.png", "--stride 0"),
            ("max -p -1 photo.png", "--padding -1"),
            ("max -p sam photo.png", "--padding sam"),
            ("max -d 0 photo.png", "--dilation 0"),
            ("max --adaptive 2 --kernel 3 photo.png", "two kinds of windows"),
            ("max --global --stride 3 photo.png", "two kinds of windows"),
            ("max --min-valid .5 photo.png", "--nodata"),
            ("max --min-valid 2 photo.png --nodata 0", "from 0 to 1"),
            (
                "max --fractional 3 --samples .1x.2 --seed 3 photo.png",
                "--seed draws what --samples gives",
            ),
            ("avg --divisor 0 photo.png", "above 0"),
            ("mixed --alpha 2 photo.png", "from 0 to 1"),
            ("max --dtype complex64 photo.png", "--dtype complex64"),
            ("max --round up photo.png", "--round up"),
            ("max --layout HWX photo.png", "HWX"),
            ("max --layout NC photo.png", "NC"),
            ("max --to pgn photo.png", "pgn"),
            ("max photo.png -o a.xyz", "xyz"),
            ("max photo.png --save quality", "KEY=VALUE"),
            ("max photo.png --scale big", "minmax"),
            ("max photo.png --overwrite --skip-existing", "contradict"),
            ("max photo.png --report xml", "xml"),
            ("max photo.png -j 0", "0"),
            ("max photo.png photo2.png -o -", "one input"),
            ("max photo.png -o x.png --name y.png", "--name"),
            ("max - ", "no name"),
            ("max photo.png photo2.png -o photo.png", "is a file"),
            ("run", "give a pipeline"),
            ("run max", "give INPUT"),
            ("run --file none.toml photo.png", "none.toml"),
            ("run max| photo.png", "a step is missing"),
            ("shape max", "--input"),
            ("shape max --input 4x0", "--input 4x0"),
            ("shape max --input 1x1x1x1x1x1", "6 axes"),
            ("max --files-from none", "none"),
        ],
    )
    def test_exit_2_in_one_line(self, cli, photo, tmp_path, words, said):
        Image.fromarray(photo).save(tmp_path / "photo2.png")
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        ran = cli(*words.split())
        assert ran.code == 2
        assert said in ran.err
        assert ran.err.count("\n") == 1
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    @pytest.mark.parametrize(
        ("flags", "text", "toml"),
        [
            ("max --kernle 3", "max --kernle 3", 'op = "max"\nkernle = 3'),
            ("max --kernel 0", "max --kernel 0", 'op = "max"\nkernel = 0'),
            ("avg --padding x", "avg -p x", 'op = "avg"\npadding = "x"'),
            ("lp --norm -1", "lp --norm -1", 'op = "lp"\nnorm = -1'),
            (
                "max --global --kernel 2",
                "max --global -k 2",
                'op = "max"\nglobal = true\nkernel = 2',
            ),
        ],
    )
    def test_one_reader_one_sentence(self, cli, photo, tmp_path, flags, text, toml):
        (tmp_path / "r.toml").write_text(f"[[step]]\n{toml}\n")
        by_flags = cli(*flags.split(), "photo.png")
        by_text = cli("run", text, "photo.png")
        by_toml = cli("run", "--file", "r.toml", "photo.png")
        assert by_flags.code == by_text.code == by_toml.code == 2
        assert by_text.err == by_flags.err
        assert by_toml.err.replace("r.toml: ", "") == by_flags.err

    def test_a_step_of_several_is_named(self, cli, photo):
        ran = cli("run", "max -k 2 | avg -k 9", "photo.png")
        assert ran.code == 1
        assert (
            "photo.png: step 2 (avg -k 9): kernel 9 is larger than axis H, which is 6 long"
            in ran.err
        )
        assert "input 6x8x3 HWC" in ran.err


@pytest.mark.parametrize("name", [*OPS, "run", "shape", "ops", "info"])
def test_every_command_has_its_help(cli, name):
    ran = cli(name, "--help")
    assert ran.code == 0
    assert name in ran.text
    for parameter in OPS[name].options if name in OPS else ():
        assert parameter.flag in ran.text
        assert parameter.kind is not FLAG or not parameter.off or parameter.off in ran.text
    assert name in cli("--help").text


def test_ops_lists_the_table(cli):
    text = cli("ops").text
    for op in OPS.values():
        assert op.formula in text
        assert op.source in text
    assert {row["name"] for row in json.loads(cli("ops", "--report", "json").out)} >= OPS.keys()


class TestShape:
    def test_plan(self, cli):
        text = "max -k 3 -s 2 -p 1 | avg -k 2"
        steps = json.loads(cli("shape", text, "--input", "1x64x112x112", "--report", "json").out)
        assert [step["output_shape"] for step in steps] == [[1, 64, 56, 56], [1, 64, 28, 28]]
        assert [step["receptive_field"] for step in steps] == [[3, 3], [5, 5]]
        assert [step["jump"] for step in steps] == [[2, 2], [4, 4]]
        assert steps[1]["operations"] == 64 * 28 * 28 * 3
        assert steps[1]["memory_bytes"] == 4 * 64 * (56 * 56 + 28 * 28)

    def test_of_a_file(self, cli, photo):
        (step,) = json.loads(cli("shape", "max -k 2", "photo.png", "--report", "json").out)
        assert step["output_shape"] == [6, 8, 3]
        assert step["output_dtype"] == "uint8"

    def test_table(self, cli):
        text = cli("shape", "max -k 3 -s 2 -p 1", "--input", "1x64x112x112").text
        assert "1x64x56x56" in text
        assert "3x3" in text

    def test_does_not_fit(self, cli, photo):
        written = cli("shape", "max -k 9", "--input", "4x4")
        assert written.code == 2
        assert "kernel 9 is larger than axis H" in written.err
        assert cli("shape", "max -k 99", "photo.png").code == 1


def test_every_command_has_examples():
    assert EXAMPLES.keys() == {"poolcli", *OPS, *COMMANDS}, "write them in poolcli/cli/examples.py"


@pytest.mark.parametrize("words", ["ops", "semantics", "info photo.png", "shape max photo.png"])
def test_lists_are_told_in_every_style(cli, photo, words):
    whole = json.loads(cli(*words.split(), "--report", "json").out)
    lines = [
        json.loads(line) for line in cli(*words.split(), "--report", "jsonl").text.splitlines()
    ]
    cells = list(csv.DictReader(io.StringIO(cli(*words.split(), "--report", "csv").text)))
    assert lines == whole
    assert [list(row) for row in cells] == [list(row) for row in whole]


def test_info(cli, photo, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((2, 3, 4, 5), np.float16))
    rows = json.loads(cli("info", "photo.png", "x.npy", "--report", "json").out)
    assert [
        (row["format"], row["shape"], row["dtype"], row["layout"], row["mode"]) for row in rows
    ] == [
        ("png", [12, 16, 3], "uint8", "HWC", "RGB"),
        ("npy", [2, 3, 4, 5], "float16", "NCHW", ""),
    ]
    ran = cli("info", "photo.png", "nothing.png")
    assert ran.code == 1
    assert "photo.png" in ran.text
    assert "nothing.png" in ran.err


def test_an_order_of_indices_needs_indices(cli, photo):
    ran = cli("max", "--index-order", "tensor", "photo.png")
    assert ran.code == 2
    assert "--indices FILE" in ran.err


def test_nan_as_nodata_prints_and_parses():
    pipeline = poolcli.parse("min --nodata nan")
    assert pipeline == poolcli.parse(str(pipeline))
    assert hash(pipeline) == hash(poolcli.parse("min --nodata nan"))
