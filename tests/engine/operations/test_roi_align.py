"""RoiAlign: against numbers of frameworks, a slow twin, laws, and each box alone."""

import numpy as np
import pytest
import twin_places
from PIL import Image
from placed import BOXES, arrays

import poolcli
from poolcli.engine.operations import box_groups
from poolcli.resources.limits import limits

SQUARE = np.arange(16.0).reshape(4, 4)

OPTIONS = [
    {"output_size": 7},
    {"output_size": (3, 5), "sampling_ratio": 2},
    {"output_size": 2, "aligned": False},
]


def boxes(count, height, width, images):
    random = np.random.default_rng(5)
    corners = np.sort(random.uniform(-3, max(height, width) + 3, (count, 2, 2)), axis=1)
    low, high = np.minimum(corners[:, 0], [width - 1, height - 1]), np.maximum(corners[:, 1], 0)
    return np.concatenate([random.integers(0, images, (count, 1)), low, high], axis=1).tolist()


def noise(*shape):
    return np.random.default_rng(6).normal(size=shape)


def alone(x, rows, **options):
    """Each box in a call of its own, so that none shares a copy of the map."""
    pooled = [poolcli.pool(x, "roi-align", boxes=[row], **options) for row in rows]
    return np.concatenate(pooled)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("shape", [(2, 5, 16, 19), (1, 3, 40, 9), (2, 1, 1, 1)], ids=str)
def test_together_as_alone(shape, options, monkeypatch):
    rows = boxes(90, *shape[-2:], shape[0])
    expected = alone(noise(*shape), rows, **options)
    for channels in (1, 2, 64):
        monkeypatch.setattr(box_groups, "COPIED", channels * shape[-1] * shape[-2])
        result = poolcli.pool(noise(*shape), "roi-align", boxes=rows, **options)
        np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-13)


def test_threads_and_groups_do_not_show(monkeypatch):
    x, rows = noise(2, 6, 31, 20).astype(np.float32), boxes(200, 31, 20, 2)
    expected = poolcli.pool(x, "roi-align", boxes=rows, output_size=7)
    for threads, together in ((1, 1), (3, 1), (3, 64)):
        monkeypatch.setattr(box_groups, "BOXES", together)
        for each in (x, np.asfortranarray(x)):
            with limits(threads=threads):
                result = poolcli.pool(each, "roi-align", boxes=rows, output_size=7)
            np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("spoiled", [np.nan, np.inf])
def test_one_image_that_is_not_finite(spoiled):
    x, rows = noise(2, 3, 12, 12), boxes(60, 12, 12, 2)
    x[1, 2, 4, 4] = spoiled
    result = poolcli.pool(x, "roi-align", boxes=rows, output_size=3)
    np.testing.assert_allclose(result, alone(x, rows, output_size=3), rtol=1e-12, atol=1e-13)
    assert not np.isfinite(result).all()


ALIGNED = [[1.5625, 3], [7.3125, 8.75]]
CORNERS = [[2.5, 3.28125], [7, 7.65625]]


@pytest.mark.parametrize(
    ("options", "want"),
    [
        ({}, ALIGNED),
        ({"aligned": False}, [[3.75, 5.25], [9.75, 11.25]]),
        ({"semantics": "torch"}, [[3.75, 5.25], [9.75, 11.25]]),
        ({"semantics": "onnx"}, ALIGNED),
        ({"semantics": "onnx", "mode": "max"}, CORNERS),
    ],
)
def test_roi_align_golden(options, want):
    boxes = {"boxes": [[0, 0, 3, 3]], "output_size": 2, "sampling_ratio": 2}
    result = poolcli.pool(SQUARE.astype(np.float32), "roi-align", **boxes, **options)
    assert (result.dtype, result.tolist()) == (np.float32, [want])


@pytest.mark.parametrize("mode", ["avg", "max"])
@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("semantics", ["poolcli", "onnx"])
def test_roi_align_agrees_with_its_twin(mode, aligned, semantics):
    x = arrays()["float32"]
    boxes = [*BOXES, [1, -0.9, -1.4, 7.8, 9.9], [0, 2, 2, 2, 2]]
    for ratio, scale, size in [(0, 1, (3, 2)), (2, 1, (2, 2)), (3, 0.6, (1, 4))]:
        told = {"sampling_ratio": ratio, "spatial_scale": scale, "aligned": aligned, "mode": mode}
        result = poolcli.pool(
            x, "roi-align", boxes=boxes, output_size=size, semantics=semantics, **told
        )
        expected = twin_places.roi_align(
            x,
            boxes,
            size,
            ratio=ratio,
            scale=scale,
            aligned=aligned,
            mode=mode,
            corners=semantics == "onnx",
        )
        np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-6)


def test_roi_align_of_a_constant_and_of_a_slope():
    boxes = [[1, 1, 5, 4], [2.25, 0.5, 6.75, 6]]
    np.testing.assert_allclose(
        poolcli.pool(np.full((8, 8), 3.0), "roi-align", boxes=boxes, output_size=3), 3
    )
    slope = np.broadcast_to(np.arange(8.0), (8, 8))
    centres = np.array(
        [
            [left + (right - left) * (i + 0.5) / 3 - 0.5 for i in range(3)]
            for left, _, right, _ in boxes
        ]
    )
    result = poolcli.pool(slope, "roi-align", boxes=boxes, output_size=3)
    np.testing.assert_allclose(result, np.broadcast_to(centres[:, None], (2, 3, 3)))


@pytest.mark.parametrize(
    ("dtype", "want"), [("uint8", "float32"), ("float32", "float32"), ("int64", "float64")]
)
def test_roi_align_keeps_the_rule_of_dtypes(dtype, want):
    x = np.ones((5, 5), dtype)
    assert poolcli.pool(x, "roi-align", boxes=[[0, 0, 4, 4]], output_size=2).dtype == want


def test_roi_align_of_an_image(cli, tmp_path):
    """What is transparent has no colour, and a box of an image is an image."""
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[:2, :, 0], pixels[:2, :, 3] = 200, 255
    Image.fromarray(pixels).save(tmp_path / "x.png")
    assert (
        cli("roi-align", "--boxes", "[[0,0,4,4]]", "--output-size", 1, "x.png", "-o", "y.png").code
        == 0
    )
    assert np.asarray(Image.open(tmp_path / "y.png")).tolist() == [[[200, 0, 0, 128]]]
