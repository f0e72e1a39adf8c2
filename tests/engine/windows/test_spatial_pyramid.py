"""Spatial pyramids: against a slow twin, and what comes after them."""

import json

import nasty
import numpy as np
import pytest
import twin_places
from PIL import Image
from placed import REDUCERS, arrays, same

import poolcli
from poolcli.maps.feature_map import Form
from poolcli.pipeline.parser import parse

NINE = np.arange(49.0).reshape(7, 7)


@pytest.mark.parametrize("name", arrays())
@pytest.mark.parametrize("op", REDUCERS)
def test_pyramid_agrees_with_its_twin(op, name):
    x = arrays()[name]
    result = poolcli.pool(x, op, levels=(1, 2, 4))
    same(result, twin_places.pool_pyramid(x, op, (1, 2, 4), 2), x, op)


@pytest.mark.parametrize(("layout", "sizes"), [("L", 1), ("HW", 2), ("DHW", 3)])
def test_pyramid_always_has_as_many_cells(layout, sizes):
    space = (11, 13, 5)[:sizes]
    cells = sum(n**sizes for n in (1, 2, 4))
    for lead, letters, shape in [
        ((), "", (cells,)),
        ((3,), "C", (3 * cells,)),
        ((2, 3), "NC", (2, 3 * cells)),
    ]:
        x = np.ones((*lead, *space), np.float32)
        assert poolcli.pool(x, "avg", levels="1,2,4", layout=letters + layout).shape == shape
        form = Form(x.shape, x.dtype, letters + layout)
        stage = parse("avg --levels 1,2,4").plan(form)[-1]
        assert (stage.output.shape, stage.output.layout) == (
            shape,
            "NC" if len(shape) == 2 else "C",
        )


def test_pyramid_of_one_level_is_flat():
    x = nasty.scrambled((2, 3, 9, 7), np.float32)
    np.testing.assert_array_equal(
        poolcli.pool(x, "avg", levels=1), poolcli.pool(x, "avg", global_=True).reshape(2, 3)
    )
    turned = poolcli.pool(x.transpose(2, 3, 1, 0), "avg", levels=(1, 3), layout="HWCN")
    np.testing.assert_array_equal(turned, poolcli.pool(x, "avg", levels=(1, 3)).T)


def test_nothing_is_pooled_after_a_pyramid(cli, tmp_path):
    np.save(tmp_path / "x.npy", NINE)
    ran = cli("run", "max --levels 1,2 | avg", "x.npy", "-o", "y.npy")
    assert (ran.code, (tmp_path / "y.npy").exists()) == (1, False)
    assert "step 2 (avg -k 2): the map has no spatial axis left" in ran.text + ran.err
    ran = cli("shape", "max --levels 1,2 | avg --adaptive 2", "--input", "7x7")
    assert ran.code == 2
    assert "no spatial axis left" in ran.err


def test_pyramid_of_an_image_is_an_array(cli, photo, tmp_path):
    ran = cli("max", "--levels", "1,2", "photo.png")
    assert ran.code == 1
    assert "has no height and width, which an image needs: write .npy" in ran.text + ran.err
    assert not (tmp_path / "photo-max.png").exists()
    ran = cli("max", "--levels", "1,2", "photo.png", "-o", "y.npy", "--report", "json")
    assert json.loads(ran.text)
    expected = poolcli.pool(photo, "max", levels=(1, 2), layout="HWC")
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), expected)


def test_alpha_stays_beside_its_colours(cli, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 6, 4), np.uint8)
    pixels[..., 3] = 255
    Image.fromarray(pixels).save(tmp_path / "x.png")
    boxes = [[0, 0, 3, 3], [1, 1, 5, 7]]
    for words, options in [
        (["--levels", "1,2"], {"levels": (1, 2)}),
        (["--boxes", boxes, "--output-size", 2], {"boxes": boxes, "output_size": 2}),
    ]:
        assert cli("avg", *words, "x.png", "-o", "y.npy", "--overwrite").code == 0
        expected = poolcli.pool(pixels.transpose(2, 0, 1), "avg", dtype="uint8", **options)
        np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), expected)
