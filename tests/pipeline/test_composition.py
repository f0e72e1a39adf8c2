"""Steps of other steps: fuse and pyramid on arrays; on files they are in tests/cli."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import poolcli
from poolcli.pipeline.parser import parse, recipe
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import WINDOW_KINDS

REDUCERS = [name for name, op in OPS.items() if op.windows == WINDOW_KINDS and not op.required]
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
        inner = "fuse 'max -k 4' 'min -k 4' --merge avg"
        text = f"fuse 'max -k 2 | avg -k 2' \"{inner}\" --merge sum | max -k 2"
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
            (None, "fuse needs `branches`"),
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
