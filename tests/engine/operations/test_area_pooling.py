"""Cells of equal area: by shares of pixels in fractions, and as OpenCV has them."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import poolcli
from poolcli.engine.windows.area import Area
from poolcli.pipeline.window_kinds import WINDOW_KINDS

TAKE_SHARES = next(kind for kind in WINDOW_KINDS if kind.name == "area").reducers
SIZES = [((7, 10), (3, 4)), ((6, 8), (3, 4)), ((5, 5), (7, 8)), ((9, 4), (2, 6)), ((3, 3), (3, 3))]


def shares(length, cells):
    """The part of each pixel in each cell, from the definition."""
    return [
        {
            pixel: part
            for pixel in range(length)
            if (
                part := min(Fraction((cell + 1) * length, cells), Fraction(pixel + 1))
                - max(Fraction(cell * length, cells), Fraction(pixel))
            )
            > 0
        }
        for cell in range(cells)
    ]


def cells_of(x, size):
    """For each cell its pixels' values, and the area of each that is inside."""
    rows, columns = (shares(*each) for each in zip(x.shape, size, strict=True))
    for row, column in np.ndindex(*size):
        yield [
            (x[i, j].item(), a * b)
            for i, a in rows[row].items()
            for j, b in columns[column].items()
        ]


def mean(cell):
    return sum(Fraction(value) * part for value, part in cell) / sum(part for _, part in cell)


def most(cell):
    totals = {}
    for value, part in cell:
        totals[value] = totals.get(value, 0) + part
    return min(totals, key=lambda value: (-totals[value], value))


def variance(cell):
    return mean([((Fraction(value) - mean(cell)) ** 2, part) for value, part in cell])


TWINS = {
    "sum": lambda cell: sum(Fraction(value) * part for value, part in cell),
    "avg": mean,
    "var": variance,
    "std": lambda cell: math.sqrt(variance(cell)),
    "l2": lambda cell: math.sqrt(mean([(Fraction(value) ** 2, part) for value, part in cell])),
    "mode": most,
    "fraction": lambda cell: mean([(int(value in (2, 3)), part) for value, part in cell]),
}
OWN = {"fraction": {"of": (2, 3)}}


@pytest.mark.parametrize(("shape", "size"), SIZES)
@pytest.mark.parametrize("op", TAKE_SHARES)
def test_pixels_count_by_the_part_inside(op, shape, size):
    rng = np.random.default_rng(4)
    own = OWN.get(op, {})
    for dtype in ("uint8", "int64", "float32", "float64", "bool"):
        if (op, dtype) == ("fraction", "bool"):  # has no values 2 and 3
            continue
        x = rng.integers(0, 2 if dtype == "bool" else 6, shape).astype(dtype)
        expected = np.array([float(TWINS[op](cell)) for cell in cells_of(x, size)]).reshape(size)
        found = poolcli.pool(x, op, area=size, **own)
        np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize(("shape", "size"), SIZES)
@pytest.mark.parametrize("round", ["half-even", "half-up", "floor"])
def test_means_and_sums_of_integers_are_rounded_exactly(shape, size, round):  # noqa: A002
    x = np.random.default_rng(5).integers(0, 256, shape, np.uint8)
    to_integer = {
        "half-even": lambda v: v.__round__(),
        "half-up": lambda v: math.floor(v + Fraction(1, 2)),
        "floor": math.floor,
    }[round]
    for op in ("avg", "sum"):
        expected = np.array([to_integer(TWINS[op](cell)) for cell in cells_of(x, size)])
        found = poolcli.pool(x, op, area=size, round=round, dtype="int64")
        np.testing.assert_array_equal(found, expected.reshape(size))


@settings(max_examples=50)
@given(
    shape=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    seed=st.integers(0, 99),
)
def test_a_sum_preserves_mass_and_a_mean_constants(shape, size, seed):
    x = np.random.default_rng(seed).integers(0, 1000, shape)
    total = poolcli.pool(x, "sum", area=size).sum()
    np.testing.assert_allclose(total, x.sum(), rtol=1e-12)
    constant = poolcli.pool(np.full(shape, 7), "avg", area=size)
    assert (constant == 7).all()
    np.testing.assert_array_equal(poolcli.pool(x, "avg", area=shape), x)
    for axis, length, cells in zip(Area(size).shares(shape), shape, size, strict=True):
        assert (axis.shares.sum(axis=0) == axis.cell).all()
        assert Fraction(axis.cell, axis.pixel) == Fraction(length, cells)


@pytest.mark.parametrize("size", [(3, 4), (10, 13), (5, 5), (14, 20)])
def test_opencvs_areas_are_the_same(size):
    cv2 = pytest.importorskip("cv2")
    x = np.random.default_rng(6).random((10, 13), np.float32)
    expected = cv2.resize(x, size[::-1], interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(poolcli.pool(x, "avg", area=size), expected, rtol=2e-6)


@pytest.mark.parametrize("op", TAKE_SHARES)
def test_pixels_that_do_not_count_have_no_part(op):
    rng, own = np.random.default_rng(7), OWN.get(op, {})
    x = rng.integers(1, 6, (7, 10)).astype(np.float64)
    mask = rng.random((7, 10)) < 0.7
    mask[:3, :3] = False
    cells = [
        [(value, part) for value, part in cell if value]
        for cell in cells_of(np.where(mask, x, 0), (3, 4))
    ]
    areas = [float(sum(part for _, part in cell)) / (70 / 12) for cell in cells]
    for rules, values in (
        ({"mask": mask}, x),
        ({"nodata": 0}, np.where(mask, x, 0)),
        ({"nan": "ignore"}, np.where(mask, x, np.nan)),
    ):
        nothing = rules.get("nodata", np.nan)
        for least in (None, 0.7):
            expected = [
                float(TWINS[op](cell)) if cell and area >= (least or 0) else nothing
                for cell, area in zip(cells, areas, strict=True)
            ]
            found = poolcli.pool(values, op, area=(3, 4), min_valid=least, **rules, **own)
            np.testing.assert_allclose(found.ravel(), expected, rtol=1e-6)
        share = poolcli.pool(values, op, area=(3, 4), emit="fraction", **rules, **own)
        np.testing.assert_allclose(share.ravel(), areas, rtol=1e-6)


@pytest.mark.parametrize("op", TAKE_SHARES)
def test_a_nan_spoils_the_cells_that_have_a_part_of_it(op):
    x = np.ones((4, 6))
    x[1, 1] = np.nan
    found = np.isnan(poolcli.pool(x, op, area=(2, 4), **OWN.get(op, {})))
    assert found.tolist() == [[True, True, False, False], [False] * 4]


@pytest.mark.parametrize("op", TAKE_SHARES)
def test_blocks_and_memory_order_do_not_show(op, monkeypatch):
    x = np.random.default_rng(8).random((3, 4, 15, 17), np.float32)
    own = OWN.get(op, {})
    whole = poolcli.pool(x, op, area=(4, 20), **own)
    np.testing.assert_array_equal(
        poolcli.pool(np.asfortranarray(x), op, area=(4, 20), **own), whole
    )
    monkeypatch.setattr("poolcli.engine.backend.blocks.LARGEST", 1)
    monkeypatch.setattr("poolcli.engine.backend.blocks.SMALLEST", 1)
    np.testing.assert_array_equal(poolcli.pool(x, op, area=(4, 20), **own), whole)


def test_every_number_of_axes():
    x = np.random.default_rng(9).random((2, 6, 5, 7))
    line = poolcli.pool(x[0, 0, 0], "avg", area=3)
    np.testing.assert_allclose(line.sum() * 7 / 3, x[0, 0, 0].sum())
    volume = poolcli.pool(x, "sum", layout="NDHW", area=(4, 3, 5))
    assert volume.shape == (2, 4, 3, 5)
    np.testing.assert_allclose(volume.sum((1, 2, 3)), x.sum((1, 2, 3)))


def test_alpha_weighs_the_parts():
    x = np.zeros((1, 3, 4), np.uint8)
    x[0, :, 0], x[0, :, 3] = (90, 0, 60), (255, 0, 51)
    found = poolcli.pool(Image.fromarray(x), "avg", area=(1, 2))
    assert found[0, :, 0].tolist() == [90, 60]
    assert found[0, :, 3].tolist() == [170, 34]


def test_light_is_averaged_by_area():
    x = np.array([[0, 255, 255]], np.uint8)
    found = poolcli.pool(Image.fromarray(x), "avg", area=(1, 2), linear=True)
    assert found.tolist() == [[156, 255]]


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_the_mode_of_few_large_cells(dtype):
    """More pixels than cells: each cell is counted by itself."""
    x = np.random.default_rng(0).integers(0, 4, (31, 37)).astype(dtype)
    result = poolcli.pool(x, "mode", area=2)
    rows, columns = (Area((2,)).shares((length,))[0] for length in x.shape)
    for cell in np.ndindex(2, 2):
        areas = {}
        for row, column in np.ndindex(len(rows.sources), len(columns.sources)):
            at = rows.sources[row, cell[0]], columns.sources[column, cell[1]]
            share = rows.shares[row, cell[0]] * columns.shares[column, cell[1]]
            areas[x[at]] = areas.get(x[at], 0) + share
        assert result[cell] == min(areas, key=lambda value: (-areas[value], value))


def test_mode_counts_whole_colours():
    x = np.array([[[1, 2, 3], [1, 9, 9], [7, 2, 9]]], np.uint8)
    found = poolcli.pool(Image.fromarray(x), "mode", area=1)
    assert found.tolist() == [[[1, 2, 3]]]
    assert poolcli.pool(Image.fromarray(x), "mode", area=1, per_channel=True).tolist() == [
        [[1, 2, 9]]
    ]


def test_other_reducers_name_those_that_take_shares():
    with pytest.raises(poolcli.RequestError, match="max has no `area`: sum, avg, var, std, l2,"):
        poolcli.pool(np.ones((3, 3)), "max", area=2)
    for options in ({"divisor": 3}, {"count_include_pad": True}):
        with pytest.raises(poolcli.RequestError, match="is for windows of whole pixels"):
            poolcli.pool(np.ones((3, 3)), "avg", area=2, **options)
    with pytest.raises(poolcli.RequestError, match="give `emit` fraction"):
        poolcli.pool(np.ones((3, 3)), "avg", area=2, emit="count")
    with pytest.raises(poolcli.RequestError, match="have no index"):
        poolcli.pool(np.ones((3, 3)), "mode", area=2, return_indices=True)
    with pytest.raises(poolcli.ShapeError, match="`area` 2000000 is more than"):
        poolcli.pool(np.ones(3), "avg", area=2_000_000)


def test_plans_what_it_runs():
    stage, _ = poolcli.plan("avg --area 3x4 | max -k 2", (1, 3, 7, 10))
    assert stage.output.shape == (1, 3, 3, 4)
    assert stage.jump == (Fraction(7, 3), Fraction(5, 2))
    assert stage.centre == (Fraction(2, 3), Fraction(3, 4))
