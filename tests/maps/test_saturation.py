"""What is beyond the range of its dtype is counted, under both backends."""

import numpy as np
import pytest

import poolcli
from poolcli.engine.backend import NAMES, is_built
from poolcli.maps.saturation import counting_saturated


@pytest.fixture(params=NAMES)
def backend(request, monkeypatch):
    if request.param == "compiled" and not is_built():
        pytest.skip("the extension is not built")
    monkeypatch.setenv("POOLCLI_BACKEND", request.param)


@pytest.mark.parametrize(
    ("op", "dtype", "to"),
    [
        ("sum", "uint8", "uint8"),
        ("sum", "int16", "int16"),
        ("sum", "float32", "int8"),
        ("avg", "uint16", "uint8"),
        ("max", "int32", "uint16"),
        ("median", "uint16", "int8"),
        ("std", "float64", "uint8"),
    ],
)
def test_as_many_as_differ_from_wider_results(backend, rng, op, dtype, to):
    kind = np.dtype(dtype)
    x = rng.integers(-30000, 30000, (40, 60)).astype(kind)
    if kind.itemsize == 1:
        x = rng.integers(0, 200, (40, 60), np.uint8)
    options = {"kernel": 2, "interpolation": "lower"} if op == "median" else {"kernel": 2}
    wide = poolcli.pool(x, op, dtype="int64", **options)
    with counting_saturated() as counts:
        poolcli.pool(x, op, dtype=to, **options)
    limits = np.iinfo(to)
    beyond = int(((wide < limits.min) | (wide > limits.max)).sum())
    assert beyond > 0
    assert counts == {to: beyond}


def test_none_where_all_fit(backend):
    with counting_saturated() as counts:
        poolcli.pool(np.full((4, 4), 63, np.uint8), "sum", kernel=2, dtype="uint8")
        poolcli.pool(np.full((4, 4), 9, np.uint8), "sum", kernel=2)
    assert counts == {}


def test_the_row_says_so(cli, photo):
    ran = cli("sum", "-k", 4, "photo.png", "--report", "jsonl")
    wide = photo.reshape(3, 4, 4, 4, 3).sum((1, 3))
    assert f'"saturated": {int((wide > 255).sum())}' in ran.text
    table = cli("sum", "-k", 4, "photo.png", "--overwrite").text
    assert f"({(wide > 255).sum()} values cut to the range of uint8" in table
