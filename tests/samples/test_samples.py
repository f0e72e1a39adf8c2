"""The samples are what their script draws, the recipes give the sizes their papers print, and
nothing else is there.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SAMPLES = Path(__file__).parents[2] / "samples"
RECIPES = SAMPLES / "recipes"
PICTURES = {
    "stars.png": ("L", (480, 320)),
    "page.png": ("L", (480, 640)),
    "labels.png": ("P", (512, 384)),
    "zone.png": ("L", (352, 352)),
    "scene.png": ("RGB", (512, 384)),
    "sprite.png": ("RGBA", (176, 224)),
    "depth.png": ("I;16", (320, 240)),
}
ARRAYS = {"edges.npy": (1, 8, 96, 128), "sequence.npy": (2048,)}
SIZES = {
    "vgg16": [224, 112, 56, 28, 14, 7],
    "resnet-stem": [112, 56],
    "resnet-head": [7, 1],
    "googlenet": [112, 56, 28, 14, 7, 1],
    "alexnet": [55, 27, 13, 6],
    "peaks": [(320, 480), (80, 120), (40, 60)],
    "ink": [(640, 480), (320, 240), (160, 120)],
}
REDUCERS = {"max", "min", "sum", "avg", "range", "std", "l2", "lp", "gem", "lse", "soft", "mixed"}
KEYS = {"op", "kernel", "stride", "padding", "dilation", "ceil_mode", "adaptive", "global"}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    subprocess.run([sys.executable, SAMPLES / "draw.py", folder], check=True)
    return folder


def steps(name):
    return tomllib.loads((RECIPES / f"{name}.toml").read_text())


def pooled(length, step):
    """PyTorch's output size (aten/src/ATen/native/Pool.h, pooling_output_shape)."""
    if step.get("global"):
        return 1
    kernel, padding = step["kernel"], step.get("padding", 0)
    stride, dilation, ceil = (
        step.get("stride", kernel),
        step.get("dilation", 1),
        step.get("ceil_mode", False),
    )
    size = (
        length + 2 * padding - dilation * (kernel - 1) - 1 + (stride - 1 if ceil else 0)
    ) // stride + 1
    return size - 1 if ceil and (size - 1) * stride >= length + padding else size


@pytest.mark.complete
def test_the_script_draws_these_files_and_no_other(drawn):
    assert {path.name for path in drawn.iterdir()} == {*PICTURES, *ARRAYS}


@pytest.mark.complete
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_what_the_script_draws(drawn, name):
    with Image.open(drawn / name) as fresh, Image.open(SAMPLES / name) as kept:
        assert (kept.mode, kept.size) == (fresh.mode, fresh.size) == PICTURES[name]
        assert kept.getpalette() == fresh.getpalette()
        np.testing.assert_array_equal(np.asarray(kept), np.asarray(fresh))


@pytest.mark.complete
@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_is_what_the_script_draws(drawn, name):
    fresh, kept = np.load(drawn / name), np.load(SAMPLES / name)
    assert (kept.shape, kept.dtype.str) == (fresh.shape, fresh.dtype.str) == (ARRAYS[name], "<f4")
    np.testing.assert_array_equal(kept, fresh)


def test_the_script_uses_nothing_that_differs_between_machines():
    script = (SAMPLES / "draw.py").read_text()
    assert re.findall(r"np\.random\.(\w+)", script) == ["PCG64"]
    assert (
        re.findall(
            r"np\.(sin|cos|tan|exp|log|power|hypot|arctan2|cbrt|mean|std|dot|einsum|linalg)\b",
            script,
        )
        == []
    )


def test_every_file_is_accounted_for_and_all_are_small():
    """What the README's commands leave beside an input, like stars-max.png, is no sample."""
    pooled_here = tuple(Path(name).stem + "-" for name in (*PICTURES, *ARRAYS))
    files = [
        path
        for path in SAMPLES.rglob("*")
        if path.is_file() and not path.name.startswith(pooled_here)
    ]
    files = [path for path in files if path.parent.name != "gallery"]
    known = {
        *PICTURES,
        *ARRAYS,
        "draw.py",
        "gallery.py",
        "README.md",
        *(f"recipes/{name}.toml" for name in SIZES),
    }
    assert {path.relative_to(SAMPLES).as_posix() for path in files} == known
    assert sum(path.stat().st_size for path in files) < 1_200_000


def test_the_readme_names_every_sample():
    text = (SAMPLES / "README.md").read_text()
    assert [
        name
        for name in (*PICTURES, *ARRAYS, *(f"{name}.toml" for name in SIZES))
        if name not in text
    ] == []


@pytest.mark.parametrize("name", SIZES)
def test_a_recipe_gives_the_sizes_its_paper_prints(name):
    recipe = steps(name)
    shape = tuple(map(int, recipe["input"].split("x")))[-2:]
    sizes = [shape] + [
        shape := tuple(pooled(length, step) for length in shape) for step in recipe["step"]
    ]
    assert sizes == [size if isinstance(size, tuple) else (size, size) for size in SIZES[name]]


@pytest.mark.parametrize("name", SIZES)
def test_a_recipe_keeps_to_the_words_recipes_know(name):
    recipe = steps(name)
    assert set(recipe) == {"input", "step"}
    assert {step["op"] for step in recipe["step"]} <= REDUCERS
    assert set().union(*recipe["step"]) <= KEYS


# What each sample is there to show.


def blocks(name, size):
    """A gray image's blocks, each a row of values: (rows, columns, size * size)."""
    pixels = np.asarray(Image.open(SAMPLES / name))
    rows, columns = (length // size for length in pixels.shape)
    return (
        pixels.reshape(rows, size, columns, size).swapaxes(1, 2).reshape(rows, columns, size * size)
    )


def test_max_keeps_the_stars_that_avg_loses():
    cells = blocks("stars.png", 4)
    assert (cells.max(2) >= 90).sum() > 140
    assert (cells.mean(2) >= 90).sum() == 0


def test_min_keeps_the_ink_that_avg_fades():
    cells = blocks("page.png", 4)
    assert (cells.min(2) < 90).mean() > 0.2
    assert (cells.mean(2) < 90).mean() < 0.001


def test_labels_are_eight_classes_with_a_palette():
    with Image.open(SAMPLES / "labels.png") as image:
        assert np.unique(np.asarray(image)).tolist() == list(range(8))
        assert len(set(zip(*[iter(image.getpalette()[:24])] * 3, strict=True))) == 8


def test_skipping_pixels_of_the_zone_plate_keeps_the_contrast_that_is_not_there():
    cells = blocks("zone.png", 4)
    assert cells[..., 0].std() > 80
    assert cells.mean(2).std() < 30


def test_the_sprite_hides_a_colour_where_nothing_shows():
    pixels = np.asarray(Image.open(SAMPLES / "sprite.png"))
    clear = pixels[..., 3] == 0
    assert (pixels[clear] == [0, 255, 0, 0]).all()
    assert 0.4 < clear.mean() < 0.6
    assert ((pixels[..., 3] > 0) & (pixels[..., 3] < 255)).mean() > 0.04


def test_avg_flattens_the_heartbeats_that_max_keeps():
    windows = np.load(SAMPLES / "sequence.npy").reshape(-1, 16)
    assert (windows.max(1) > 1.2).sum() == 20
    assert windows.mean(1).max() < 0.3


def test_a_hole_in_the_depth_map_is_no_depth():
    cells = blocks("depth.png", 4)
    holed, empty = (cells == 0).any(2).mean(), (cells == 0).all(2).mean()
    assert 0.1 < holed < 0.2
    assert empty < holed / 2


def test_the_feature_map_is_exact_in_float32():
    edges = np.load(SAMPLES / "edges.npy")
    assert (edges * 2**14 == np.rint(edges * 2**14)).all()
    assert (edges.max((2, 3)) > 0.25).all()
