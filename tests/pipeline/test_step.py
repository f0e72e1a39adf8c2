"""Steps: what they print, compare, pickle, plan and return."""

import pickle
from fractions import Fraction

import numpy as np
import pytest

import poolcli
from poolcli.maps.feature_map import Form
from poolcli.pipeline.parser import step
from poolcli.pipeline.pipeline import as_map
from poolcli.pipeline.receptive_field import ReceptiveField

X = np.random.default_rng(4).integers(0, 99, (2, 6, 8)).astype(np.float32)


class TestConfiguration:
    def test_only_what_differs_is_an_option(self):
        made = step("avg", {"kernel": 2, "padding": 0, "count_include_pad": True, "nan": None})
        assert made.options == (("kernel", (2,)), ("count_include_pad", True))
        assert str(made) == "avg -k 2 --count-include-pad"
        assert repr(made) == "<step avg -k 2 --count-include-pad>"

    def test_profiles_change_what_is_usual(self):
        made = step("avg", {"semantics": "torch", "count_include_pad": True})
        assert str(made) == "avg -k 2 --semantics torch"
        assert made["count_include_pad"]
        without = step("avg", {"semantics": "torch", "count_include_pad": False})
        assert str(without) == "avg -k 2 --no-count-include-pad --semantics torch"

    @pytest.mark.parametrize(
        ("op", "options"),
        [
            ("max", {}),
            ("max", {"adaptive": 2, "nodata": float("nan")}),
            ("avg", {"boxes": [[0, 0, 1, 1]], "output_size": 2}),
            ("sample", {"stride": 3}),
            ("weighted", {"weights": np.ones((2, 2))}),
            ("blur", {"filter": 5}),
            ("fuse", {"branches": ["max", "avg"], "merge": "sum"}),
            ("pyramid", {"op": "gem --norm 4", "levels": 2}),
        ],
    )
    def test_pickles_and_compares(self, op, options):
        made = step(op, options)
        again = pickle.loads(pickle.dumps(made))
        assert again == made == step(op, options)
        assert hash(again) == hash(made)
        assert type(again) is type(made)
        assert again.windows is made.windows
        assert again != step(op, {**options, "round": "floor"})

    def test_unpickling_needs_no_parser(self):
        function, *_ = step("max", {}).__reduce__()
        assert function.__module__ == "poolcli.pipeline.configuration"

    def test_the_engine_gets_arrays(self):
        made = step("weighted", {"weights": [[1, 2]]})
        assert made["weights"].text == "<array 1x2 int64>"
        assert made.argument("weights").tolist() == [[1, 2]]

    @pytest.mark.parametrize(
        ("op", "options", "returns_input_values"),
        [
            ("max", {}, True),
            ("max", {"emit": "count"}, False),
            ("max", {"normalize": "minmax"}, False),
            ("median", {}, False),
            ("median", {"interpolation": "lower"}, True),
            ("avg", {}, False),
        ],
    )
    def test_returns_input_values(self, op, options, returns_input_values):
        assert step(op, options).returns_input_values == returns_input_values


class TestPlan:
    FORM = Form((2, 6, 8), np.dtype("float32"), "CHW")

    def test_of_sliding_windows(self):
        field = ReceptiveField((3, 3), (Fraction(2),) * 2, (Fraction(1),) * 2)
        stage = step("max", {"kernel": 2, "stride": (1, 2)}).plan(self.FORM, field)
        assert stage.output.shape == (2, 5, 4)
        assert (stage.receptive, stage.jump) == ((5, 5), (2, 4))
        assert stage.centre == (2, 2)
        assert stage.operations == 2 * 5 * 4 * 3
        assert stage.memory == 4 * (2 * 6 * 8 + 2 * 5 * 4)
        assert stage.field == (stage.receptive, stage.jump, stage.centre)

    def test_a_size_that_is_the_inputs(self):
        restore = step("restore", {})
        form = self.FORM._replace(shape=(9, 7), layout="HW")
        assert restore.within(form)["output_size"] == (9, 7)
        other = step("restore", {"output_size": 4})
        assert other.within(form) is other

    def test_what_is_prepared_is_kept_for_few_forms(self):
        made = step("max", {})
        for size in range(2, 60):
            made(as_map(np.ones((size, size))))
        assert len(made._forms) < 20


class TestResults:
    def test_values_and_indices(self):
        values, indices = step("max", {}).values_and_indices(as_map(X))
        np.testing.assert_array_equal(values.data, poolcli.pool(X, "max"))
        np.testing.assert_array_equal(indices.data, step("max", {}).indices(as_map(X)).data)

    @pytest.mark.parametrize(
        ("op", "options", "message"),
        [
            ("avg", {}, "avg has no indices: max, min, median, mode"),
            ("median", {}, "give `interpolation` lower, higher or nearest"),
            ("max", {"emit": "count"}, "leave `emit` out"),
        ],
    )
    def test_indices_of_what_is_computed(self, op, options, message):
        with pytest.raises(poolcli.RequestError, match=message):
            step(op, options).values_and_indices(as_map(X))

    def test_empty_windows(self):
        mask = np.ones((6, 8), bool)
        mask[:2, :3] = False
        values, empty = step("max", {"mask": mask}).values_and_empty(as_map(X))
        assert np.argwhere(empty.data).tolist() == [[0, 0, 0], [1, 0, 0]]
        assert (values.data[empty.data] == 0).all()
        some = step("max", {"mask": mask, "min_valid": 0.75}).values_and_empty(as_map(X))[1]
        assert np.argwhere(some.data[0]).tolist() == [[0, 0], [0, 1]]
