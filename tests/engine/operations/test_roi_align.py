"""Many boxes on one map, whose means are made together, against each box alone."""

import numpy as np
import pytest

import poolcli
from poolcli.engine.operations import crowd, roi_align

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
    """A small box does not cover its map, so each is done by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roi_align, "is_crowded", lambda *_: False)
        return poolcli.pool(x, "roi-align", boxes=rows, **options)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("shape", [(2, 5, 16, 19), (1, 3, 40, 9), (2, 1, 1, 1)], ids=str)
def test_together_as_alone(shape, options, monkeypatch):
    rows = boxes(90, *shape[-2:], shape[0])
    expected = alone(noise(*shape), rows, **options)
    for channels in (1, 2, 64):
        monkeypatch.setattr(crowd, "COPIED", channels * shape[-1] * shape[-2])
        result = poolcli.pool(noise(*shape), "roi-align", boxes=rows, **options)
        np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-13)


def test_threads_and_groups_do_not_show(monkeypatch):
    x, rows = noise(2, 6, 31, 20).astype(np.float32), boxes(200, 31, 20, 2)
    expected = poolcli.pool(x, "roi-align", boxes=rows, output_size=7)
    for threads, shares in ((1, 1), (3, 1), (3, 1 << 18)):
        monkeypatch.setattr("poolcli.resources.threads.threads", threads)
        monkeypatch.setattr(crowd, "SHARES", shares)
        np.testing.assert_array_equal(
            poolcli.pool(x, "roi-align", boxes=rows, output_size=7), expected
        )
        turned = np.asfortranarray(x)
        np.testing.assert_array_equal(
            poolcli.pool(turned, "roi-align", boxes=rows, output_size=7), expected
        )


@pytest.mark.parametrize("spoiled", [np.nan, np.inf])
def test_one_image_that_is_not_finite(spoiled):
    x, rows = noise(2, 3, 12, 12), boxes(60, 12, 12, 2)
    x[1, 2, 4, 4] = spoiled
    result = poolcli.pool(x, "roi-align", boxes=rows, output_size=3)
    np.testing.assert_allclose(result, alone(x, rows, output_size=3), rtol=1e-12, atol=1e-13)
    assert not np.isfinite(result).all()
