"""A nodata value of a palette image is an index, and one of a 1-bit image a bit, for every
operation.
"""

import numpy as np
import pytest
from PIL import Image

import poolcli
from poolcli.api.inputs import AxisOptions, pool_input
from poolcli.pipeline.parser import parse

COLOURS = [[0, 0, 0], [250, 100, 50], [10, 20, 30], [70, 80, 90]]
X = np.array([[1, 2, 2, 2], [1, 3, 2, 2], [3, 3, 1, 2], [0, 2, 2, 0]], np.uint8)


def palette_image(x=X, transparent=None):
    image = Image.fromarray(x, "P")
    image.putpalette([level for colour in COLOURS for level in colour])
    if transparent is not None:
        image.info["transparency"] = bytes(transparent)
    return image


def by_hand(reduce, nodata, min_valid=0):
    """Each 2x2 cell of the colours whose index counts; the colour of nodata where none does."""
    table = np.array(COLOURS, np.float64)
    out = np.empty((2, 2, 3))
    for cell in np.ndindex(2, 2):
        indices = X[2 * cell[0] : 2 * cell[0] + 2, 2 * cell[1] : 2 * cell[1] + 2].ravel()
        kept = [index for index in indices if index not in nodata]
        enough = kept and len(kept) >= 4 * min_valid
        out[cell] = reduce(table[kept], axis=0) if enough else table[nodata[0]]
    return out


@pytest.mark.parametrize("nodata", [(2,), (2, 3), (0, 1, 2)])
@pytest.mark.parametrize(("op", "reduce"), [("avg", np.mean), ("std", np.std), ("range", np.ptp)])
def test_an_index_is_left_out_whatever_the_operation(op, reduce, nodata):
    expected = by_hand(reduce, nodata)
    result = poolcli.pool(palette_image(), op, nodata=nodata, dtype="float64")
    np.testing.assert_allclose(result, expected)
    rounded = poolcli.pool(palette_image(), op, nodata=nodata)
    np.testing.assert_array_equal(rounded, np.rint(expected))


def test_too_few_valid_pixels():
    expected = by_hand(np.mean, (2,), 0.75)
    result = poolcli.pool(palette_image(), "avg", nodata=2, min_valid=0.75, dtype="float64")
    np.testing.assert_allclose(result, expected)


def test_operations_that_keep_the_palette_mean_the_same_index():
    assert poolcli.pool(palette_image(), "max", nodata=3).tolist() == [[2, 2], [2, 2]]
    assert poolcli.pool(palette_image(), "mode", nodata=2).tolist() == [[1, 2], [3, 0]]


def test_counts_are_those_of_indices():
    count = poolcli.pool(palette_image(), "avg", nodata=2, emit="count")
    assert count[..., 0].tolist() == [[3, 0], [3, 2]]


@pytest.mark.parametrize("text", ["blur --filter 1 -s 2 --nodata 2", "avg --levels 1 --nodata 0"])
def test_operations_without_cells_and_flat_windows(text):
    (result,) = list(parse(text).walk(pool_input(palette_image(), AxisOptions()).fmap))[-1]
    filtered = np.where((X == 2)[..., None], 10**6, np.array(COLOURS)[X])
    if "blur" in text:
        expected = np.where(filtered == 10**6, COLOURS[2], filtered)[::2, ::2]
    else:
        expected = np.rint(np.array(COLOURS)[X][X != 0].mean(0))
    np.testing.assert_array_equal(result.data, expected)


def test_alpha_is_no_nodata():
    result = poolcli.pool(palette_image(transparent=[255, 255, 128, 255]), "avg", nodata=(2, 0))
    assert result[0, 1].tolist() == [*COLOURS[2], 128]
    assert result[1, 1].tolist() == [*COLOURS[1], 192]


def test_a_bit():
    image = Image.fromarray(np.array([[True, False], [True, True]]))
    assert poolcli.pool(image, "avg", nodata=1).tolist() == [[0]]
    assert poolcli.pool(image, "avg", nodata=0).tolist() == [[255]]
    assert poolcli.pool(image, "max", nodata=1).tolist() == [[False]]
    with pytest.raises(poolcli.ValueRuleError, match="no bool value"):
        poolcli.pool(image, "avg", nodata=2)


def test_fraction_of_indices():
    result = poolcli.pool(palette_image(), "fraction", of=2)
    assert (result.dtype, result.tolist()) == (np.float32, [[0.25, 1], [0.25, 0.5]])
    assert poolcli.pool(palette_image(), "fraction", of=(1, 3), nodata=2)[0].tolist() == [1, 2]


def test_an_output_that_exists():
    out = np.empty((2, 2, 3), np.uint8)
    assert poolcli.pool(palette_image(), "avg", nodata=2, out=out) is out
    np.testing.assert_array_equal(out, np.rint(by_hand(np.mean, (2,))))


@pytest.mark.parametrize("image", [palette_image(), Image.fromarray(X > 1)])
def test_shares_of_indices_are_numbers_for_the_next_step(image):
    pipeline = parse("fraction -k 2 --of 1 | avg --global")
    fmap = pool_input(image, AxisOptions()).fmap
    share, mean = (maps[0] for maps in pipeline.walk(fmap))
    np.testing.assert_allclose(mean.data, share.data.mean(), rtol=1e-6)
    stages = pipeline.plan(fmap.form)
    assert [stage.output.shape for stage in stages] == [share.data.shape, mean.data.shape]
    assert [stage.output.dtype for stage in stages] == [share.data.dtype, mean.data.dtype]
