"""Steps made of other steps: fuse and pyramid, alone, in pipelines, in each other, and on files."""

import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import poolcli
from poolcli.pipeline.parser import parse, recipe
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import WINDOW_KINDS


def look(path, fact):
    """A fact of an image."""
    with Image.open(path) as image:
        return getattr(image, fact)


REDUCERS = [name for name, op in OPS.items() if op.windows == WINDOW_KINDS]
RNG = np.random.default_rng(11)
X = RNG.integers(1, 250, (2, 3, 11, 14), np.uint8)
BRANCHES = ["max -k 2", "avg -k 2"]


class TestFuse:
    @pytest.mark.parametrize("merge", ["max", "avg", "concat"])
    @pytest.mark.parametrize("op", REDUCERS)
    def test_of_one_branch_is_the_branch(self, op, merge):
        for x in (X, X.astype(np.float32) / 7):
            expected = poolcli.pool(x, op)
            result = poolcli.pool(x, "fuse", branches=op, merge=merge)
            if merge != "avg":
                assert result.dtype == expected.dtype
            np.testing.assert_array_equal(result, expected)

    @pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", "float64"])
    def test_merges_like_a_reducer(self, dtype):
        x = X.astype(dtype)
        high, low = poolcli.pool(x, "max"), poolcli.pool(x, "min")
        pair = np.stack([high, low], axis=-1)
        for merge in ("max", "avg", "sum"):
            result = poolcli.pool(x, "fuse", branches=["max -k 2", "min -k 2"], merge=merge)
            expected = poolcli.pool(pair, merge, kernel=(1, 1, 2), layout="NCDHW")[..., 0]
            assert result.dtype == expected.dtype
            np.testing.assert_array_equal(result, expected)

    def test_concat_puts_channels_side_by_side(self):
        high, mean = (poolcli.parse(branch) for branch in BRANCHES)
        fuse = parse("fuse 'max -k 2' 'avg -k 2' --merge concat")
        np.testing.assert_array_equal(fuse(X), np.concatenate([high(X), mean(X)], axis=1))
        np.testing.assert_array_equal(fuse(X[0, 0]), np.stack([high(X[0, 0]), mean(X[0, 0])]))
        nhwc = X.transpose(0, 2, 3, 1)
        expected = np.concatenate([high(nhwc, layout="NHWC"), mean(nhwc, layout="NHWC")], axis=3)
        np.testing.assert_array_equal(fuse(nhwc, layout="NHWC"), expected)

    def test_in_numbers(self):
        x = [[1, 2], [3, 6]]
        results = {
            merge: poolcli.pool(x, "fuse", branches=BRANCHES, merge=merge)
            for merge in ("max", "avg", "sum", "concat")
        }
        assert {merge: result.tolist() for merge, result in results.items()} == {
            "max": [[6]],
            "avg": [[4.5]],
            "sum": [[9]],
            "concat": [[[6]], [[3]]],
        }

    def test_branches_are_pipelines_and_nest(self):
        text = "fuse 'max -k 2 | avg -k 2' \"fuse 'max -k 4' 'min -k 4' --merge avg\" --merge sum | max -k 2"
        pipeline = parse(text)
        one, two, three = (
            poolcli.parse("max -k 2 | avg -k 2")(X),
            poolcli.pool(X, "max", kernel=4),
            poolcli.pool(X, "min", kernel=4),
        )
        expected = poolcli.pool(one + (two.astype(float) + three) / 2, "max")
        np.testing.assert_allclose(pipeline(X)[..., : expected.shape[-2], :], expected, rtol=1e-6)
        assert parse(str(pipeline)) == pipeline
        assert pickle.loads(pickle.dumps(pipeline)) == pipeline
        assert hash(parse(text)) == hash(pipeline)

    def test_branches_that_disagree_show_both(self):
        with pytest.raises(
            poolcli.ShapeError, match=r"max -k 2 gives 2x3x5x7, avg -k 3 gives 2x3x3x4"
        ):
            poolcli.pool(X, "fuse", branches=["max -k 2", "avg -k 3"])
        with pytest.raises(poolcli.ShapeError, match="disagree"):
            poolcli.plan("fuse 'max -k 2' 'avg -k 3' --merge concat", X.shape)
        with pytest.raises(poolcli.ShapeError, match="2x6x5x7"):
            poolcli.pool(X, "fuse", branches=["max", "fuse max min --merge concat"], merge="avg")

    @pytest.mark.parametrize(
        ("branches", "message"),
        [
            (["mux -k 2"], "fuse: there is no operation 'mux'; did you mean max"),
            (["max -k"], "fuse: max: -k needs a value"),
            (["pyramid --op max --levels 2"], "gives several maps, and a branch gives one"),
            ([3], "takes a text"),
            ([], "takes one pipeline or more"),
            (None, "fuse needs BRANCHES"),
        ],
    )
    def test_wrong_branches(self, branches, message):
        with pytest.raises(poolcli.RequestError, match=message):
            poolcli.pool(X, "fuse", branches=branches)

    def test_concat_computes_nothing(self):
        with pytest.raises(poolcli.RequestError, match="leave `dtype` out"):
            poolcli.pool(X, "fuse", branches=BRANCHES, merge="concat", dtype="uint8")

    def test_toml(self):
        toml = (
            '[[step]]\nop = "fuse"\nbranches = ["max -k 2", "avg -k 2 | max -k 1"]\nmerge = "sum"\n'
        )
        assert recipe(toml)[0] == parse("fuse 'max -k 2' 'avg -k 2 | max -k 1' --merge sum")

    def test_of_images(self, cli, photo, tmp_path):
        for merge in ("max", "avg"):
            assert (
                cli(
                    "fuse",
                    "max -k 2",
                    "avg -k 2",
                    "--merge",
                    merge,
                    "photo.png",
                    "-o",
                    "o.png",
                    "--overwrite",
                ).code
                == 0
            )
            high, mean = (
                poolcli.pool(photo, op, dtype="uint8", layout="HWC") for op in ("max", "avg")
            )
            expected = (
                np.maximum(high, mean)
                if merge == "max"
                else np.rint((high.astype(float) + mean) / 2)
            )
            np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "o.png")), expected)
        assert cli("fuse", "max", "avg", "--merge", "concat", "photo.png", "-o", "o.npy").code == 0
        np.testing.assert_array_equal(
            np.load(tmp_path / "o.npy"), np.concatenate([high, mean], 2).transpose(2, 0, 1)
        )

    def test_alpha_weighs(self, cli, tmp_path):
        pixels = np.zeros((4, 4, 4), np.uint8)
        pixels[:, :2] = (200, 100, 40, 255)
        Image.fromarray(pixels).save(tmp_path / "a.png")
        assert (
            cli(
                "fuse", "avg --adaptive 2x1", "avg -k 2x4", "--merge", "avg", "a.png", "-o", "o.png"
            ).code
            == 0
        )
        assert (
            np.asarray(Image.open(tmp_path / "o.png")).reshape(-1, 4).tolist()
            == [[200, 100, 40, 128]] * 2
        )

    def test_a_palette_with_colours(self, cli, tmp_path):
        Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).convert("P").save(
            tmp_path / "p.png"
        )
        assert cli("fuse", "max", "min", "p.png", "-o", "same.png").code == 0
        assert look(tmp_path / "same.png", "mode") == "P"
        assert cli("fuse", "max", "avg", "p.png", "-o", "o.png").code == 0
        assert look(tmp_path / "o.png", "mode") == "RGB"

    def test_words_are_branches_until_the_inputs(self, cli, tmp_path):
        np.save(tmp_path / "max", np.ones((4, 4)))
        (tmp_path / "max.npy").rename(tmp_path / "max")
        assert cli("fuse", "min -k 2", "max", "-o", "o.npy").code == 0  # the file max is an input
        assert cli("fuse", "min -k 2", "none.npy").code == 1
        ran = cli("fuse", "min -k 2", "mux -k 2", "max", "-o", "o.npy")
        assert (ran.code, "there is no operation 'mux'" in ran.err) == (2, True)
        ran = cli("fuse", "max", "-o", "q.npy")
        assert (ran.code, "fuse needs BRANCHES" in ran.err) == (2, True)


class TestPyramid:
    @pytest.mark.parametrize("op", REDUCERS)
    def test_level_n_is_one_pooling_by_two_to_the_n(self, op):
        for x in (X, X.astype(np.float32) / 7):
            levels = poolcli.pool(x, "pyramid", op=op, levels=5)
            assert len(levels) == 5
            for number, level in enumerate(levels, start=1):
                np.testing.assert_array_equal(
                    level, poolcli.pool(x, op, kernel=2**number, ceil_mode=True)
                )
                assert level.shape == (2, 3, -(-11 // 2**number), -(-14 // 2**number))

    @given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 6))
    def test_every_level_covers_the_map(self, height, width, levels):
        x = np.ones((height, width), np.uint8)
        for number, level in enumerate(
            parse(f"pyramid --op sum --levels {levels} | sum --global")(x), start=1
        ):
            assert level.tolist() == [[height * width]], number

    def test_nothing_darkens(self):
        x = np.array([[0, 255]] * 64, np.uint8)
        x = np.tile(x, (1, 32))
        for level in poolcli.pool(x, "pyramid", op="avg", levels=6, dtype="uint8"):
            assert (level == 128).all()

    def test_is_planned_level_by_level(self):
        stages = poolcli.plan("avg -k 1 | pyramid --op max --levels 3 | sum -k 2", (16, 16))
        assert [str(stage.step) for stage in stages] == [
            "avg -k 1",
            "max -k 2 -s 2 --ceil-mode",
            "max -k 4 -s 4 --ceil-mode",
            "max -k 8 -s 8 --ceil-mode",
            "sum -k 2",
            "sum -k 2",
            "sum -k 2",
        ]
        results = parse("avg -k 1 | pyramid --op max --levels 3 | sum -k 2")(
            np.ones((16, 16), np.float32)
        )
        assert [stage.output.shape for stage in stages[-3:]] == [result.shape for result in results]
        assert [stage.receptive for stage in stages[-3:]] == [(4, 4), (8, 8), (16, 16)]

    def test_formula_and_rules_reach_every_level(self):
        pipeline = parse("pyramid --op 'gem --norm 4' --levels 2 --nan ignore")
        x = X.astype(float)
        x[0, 0, 0, 0] = np.nan
        for level, kernel in zip(pipeline(x), (2, 4), strict=True):
            expected = poolcli.pool(x, "gem", norm=4, nan="ignore", kernel=kernel, ceil_mode=True)
            np.testing.assert_array_equal(level, expected)
        assert parse(str(pipeline)) == pipeline
        assert pickle.loads(pickle.dumps(pipeline)) == pipeline
        toml = '[[step]]\nop = "pyramid"\nreducer = "gem --norm 4"\nlevels = 2\nnan = "ignore"\n'
        assert recipe(toml)[0] == pipeline

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({}, "pyramid needs `op`"),
            ({"op": "max -k 3"}, "takes one reducer and the options of its formula"),
            ({"op": "max | max"}, "takes one reducer"),
            ({"op": "blur"}, "takes one reducer"),
            ({"op": "mux"}, "no operation 'mux'"),
            ({"op": "max", "levels": 0}, "`levels` 0: takes a whole number from 1"),
        ],
    )
    def test_wrong_requests(self, options, message):
        with pytest.raises(poolcli.RequestError, match=message):
            poolcli.pool(X, "pyramid", **options)

    def test_a_file_a_level(self, cli, photo, tmp_path):
        ran = cli("pyramid", "--op", "avg", "--levels", 3, "photo.png", "--report", "json")
        assert ran.code == 0
        for number in (1, 2, 3):
            result = np.asarray(Image.open(tmp_path / f"photo-pyramid{number}.png"))
            expected = poolcli.pool(
                photo, "avg", kernel=2**number, ceil_mode=True, dtype="uint8", layout="HWC"
            )
            np.testing.assert_array_equal(result, expected)
        (told,) = json.loads(ran.out)["files"]
        assert told["output"] == "photo-pyramid1.png"
        assert told["more_outputs"] == ["photo-pyramid2.png", "photo-pyramid3.png"]
        assert [row["output_shape"] for row in told["steps"]] == [[6, 8, 3], [3, 4, 3], [2, 2, 3]]

    def test_one_file_of_all(self, cli, photo, tmp_path):
        levels = poolcli.pool(photo, "pyramid", op="max", levels=3, layout="HWC")
        for words in (("-o", "all.npz"), ("--to", "npz", "--name", "all.npz", "--overwrite")):
            assert cli("pyramid", "--op", "max", "--levels", 3, "photo.png", *words).code == 0
            with np.load(tmp_path / "all.npz") as found:
                assert list(found) == ["max1", "max2", "max3"]
                for array, level in zip(found.values(), levels, strict=True):
                    np.testing.assert_array_equal(array, level.transpose(2, 0, 1))
        assert cli("pyramid", "--op", "max", "--levels", 3, "photo.png", "-o", "all.tiff").code == 0
        assert look(tmp_path / "all.tiff", "n_frames") == 3
        ran = cli("pyramid", "--op", "max", "--levels", 3, "photo.png", "-o", "all.npy")
        assert (ran.code, "3 maps" in ran.err) == (1, True)

    def test_names(self, cli, photo, tmp_path):
        command = ("pyramid", "--op", "max", "--levels", 2, "photo.png")
        assert cli(*command, "--name", "{level}/{stem}{suffix}").code == 0
        assert (tmp_path / "1/photo.png").exists()
        assert (tmp_path / "2/photo.png").exists()
        assert cli(*command, "-o", "out/").code == 0
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
            "photo-1.png",
            "photo-2.png",
        ]

    def test_levels_that_are_there(self, cli, photo, tmp_path):
        command = ("pyramid", "--op", "max", "--levels", 2, "photo.png", "--report", "json")
        (tmp_path / "photo-pyramid2.png").write_bytes(b"mine")
        assert cli(*command).code == 1
        assert not (tmp_path / "photo-pyramid1.png").exists()
        assert cli(*command, "--skip-existing").code == 0
        assert (tmp_path / "photo-pyramid2.png").read_bytes() == b"mine"
        assert (tmp_path / "photo-pyramid1.png").exists()
        assert json.loads(cli(*command, "--skip-existing").out)["files"][0]["status"] == "skipped"
        assert cli(*command, "--overwrite").code == 0
        assert look(tmp_path / "photo-pyramid2.png", "size") == (4, 3)

    def test_collisions_of_levels(self, cli, photo, tmp_path):
        Image.fromarray(photo).save(tmp_path / "photo-pyramid2.png")
        ran = cli(
            "pyramid",
            "--op",
            "max",
            "--levels",
            2,
            "photo.png",
            "photo-pyramid2.png",
            "--overwrite",
        )
        assert (ran.code, "which is an input too" in ran.err) == (2, True)

    def test_every_array_of_an_npz_at_every_level(self, cli, tmp_path):
        arrays = {"a": RNG.random((8, 8)), "b": RNG.random((3, 8, 8))}
        np.savez(tmp_path / "x.npz", **arrays)
        assert cli("pyramid", "--op", "avg", "--levels", 2, "x.npz").code == 0
        assert cli("pyramid", "--op", "avg", "--levels", 2, "x.npz", "-o", "all.npz").code == 0
        with np.load(tmp_path / "all.npz") as found:
            assert list(found) == ["a-avg1", "a-avg2", "b-avg1", "b-avg2"]
            for number in (1, 2):
                with np.load(tmp_path / f"x-pyramid{number}.npz") as level:
                    for name in arrays:
                        np.testing.assert_array_equal(
                            level[f"{name}-avg{number}"], found[f"{name}-avg{number}"]
                        )

    def test_of_a_fuse_and_brought_back(self, cli, photo, tmp_path):
        text = "fuse 'max -k 2' 'avg -k 2' | pyramid --op avg --levels 2 | restore --interpolation bilinear"
        assert cli("run", text, "photo.png", "-o", "out/").code == 0
        assert [look(tmp_path / f"out/photo-{number}.png", "size") for number in (1, 2)] == [
            (16, 12)
        ] * 2

    def test_a_dry_run_plans_it(self, cli, photo, tmp_path):
        ran = cli(
            "pyramid", "--op", "max", "--levels", 2, "photo.png", "--dry-run", "--report", "json"
        )
        (told,) = json.loads(ran.out)["files"]
        assert told["status"] == "planned"
        assert [row["output_shape"] for row in told["steps"]] == [[6, 8, 3], [3, 4, 3]]
        assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]


@pytest.mark.parametrize(
    "text",
    [
        "fuse max avg",
        "fuse max avg --merge concat",
        "fuse max avg --merge avg",
        "fuse 'avg -k 2 | restore' max",
    ],
)
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float64"])
@pytest.mark.parametrize("shape", [(9,), (7, 9), (2, 7, 9), (2, 3, 7, 9), (1, 2, 5, 7, 9)])
def test_plans_what_it_runs(shape, dtype, text):
    if "restore" in text:
        text = "fuse 'avg -k 2 | restore' 'max -k 1'"
    (stage,) = poolcli.plan(text, shape, dtype)
    result = parse(text)(np.ones(shape, dtype))
    assert (stage.output.shape, stage.output.dtype) == (result.shape, result.dtype)


def test_fuse_sees_as_far_as_its_farthest_branch():
    *_, stage = poolcli.plan("max -k 2 | fuse 'max -k 3 -s 1 -p 1 | max -k 2' 'avg -k 2'", (16, 16))
    assert stage.receptive == (8, 8)
    assert stage.jump == (4, 4)


class TestConcatOfImages:
    @pytest.fixture
    def palette(self, tmp_path):
        image = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8) % 5)
        image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
        image.save(tmp_path / "pal.png")

    def test_one_branch_is_the_branch(self, cli, palette, tmp_path):
        assert cli("fuse", "max -k 2", "--merge", "concat", "pal.png", "-o", "z.png").code == 0
        assert cli("max", "-k", 2, "pal.png", "-o", "y.png").code == 0
        with Image.open(tmp_path / "z.png") as fused, Image.open(tmp_path / "y.png") as alone:
            assert fused.mode == alone.mode == "P"
            np.testing.assert_array_equal(np.asarray(fused), np.asarray(alone))

    def test_several_are_colours_side_by_side(self, cli, palette, tmp_path):
        assert (
            cli("fuse", "max -k 2", "min -k 2", "--merge", "concat", "pal.png", "-o", "z.npy").code
            == 0
        )
        assert cli("max", "-k", 2, "pal.png", "-o", "y.png").code == 0
        with Image.open(tmp_path / "y.png") as alone:
            colours = np.asarray(alone.convert("RGB"))
        result = np.load(tmp_path / "z.npy")
        assert result.shape == (6, 4, 4)
        np.testing.assert_array_equal(result[:3].transpose(1, 2, 0), colours)
