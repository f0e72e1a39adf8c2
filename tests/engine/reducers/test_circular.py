"""The mean of angles: what is particular to it, beside the contract."""

import numpy as np
import pytest

import poolcli


def test_angles_around_the_end_of_the_period():
    assert poolcli.pool([350, 10], "circmean").tolist() == [0]
    assert poolcli.pool([23, 2], "circmean", period=24).tolist() == pytest.approx([0.5])
    assert poolcli.pool([-90, -90], "circmean").tolist() == [270]


@pytest.mark.parametrize(
    "angles", [[0, 180], [90, 270], [0, 120, 240], [10, 100, 190, 280], [0, 72, 144, 216, 288]]
)
@pytest.mark.parametrize("dtype", ["int16", "int64", "float32", "float64"])
def test_opposite_angles_have_no_mean(angles, dtype):
    result = poolcli.pool(np.array(angles, dtype), "circmean", global_=True)
    assert np.isnan(result).all()
    x = np.array(angles, dtype)
    with pytest.raises(poolcli.ValueRuleError, match="no mean direction"):
        poolcli.pool(x, "circmean", global_=True, dtype="uint16")


def test_results_stay_below_the_period_however_they_are_rounded():
    x = np.array([255, 0, 255, 254], np.uint8)
    assert poolcli.pool(x, "circmean", period=256, dtype="uint8").tolist() == [0, 254]
    below = np.array([359.99999999, 359.99999999])
    assert poolcli.pool(below.astype(np.float32), "circmean").tolist() == [0]
    assert poolcli.pool(below, "circmean", dtype="float32").tolist() == [0]
    assert poolcli.pool(below, "circmean", dtype="uint16").tolist() == [0]
    assert 0 < poolcli.pool(below, "circmean")[0] < 360


def test_long_integers_are_reduced_exactly():
    x = np.array([360 * 2**52 + 90, 360 * 2**54 + 90])
    assert poolcli.pool(x, "circmean").tolist() == [90]


def test_infinite_angles_are_none():
    assert np.isnan(poolcli.pool([np.inf, 1], "circmean")).all()


@pytest.mark.complete
def test_is_scipy_s():
    stats = pytest.importorskip("scipy.stats")
    x = np.random.default_rng(0).random((12, 12)) * 360
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3)).reshape(10, 10, 9)
    result = poolcli.pool(x, "circmean", kernel=3, stride=1)
    np.testing.assert_allclose(result, stats.circmean(windows, 360, axis=-1), rtol=1e-12)
