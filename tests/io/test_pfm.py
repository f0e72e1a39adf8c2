"""PFM: both byte orders, rows from the bottom up, regions."""

import io

import numpy as np
import pytest
from images import halves
from round_trips import assert_peek_agrees, refusal

from poolcli.errors import FileError
from poolcli.io import format_named, opened, read, write
from poolcli.maps.feature_map import FeatureMap


def pfm(values, order="<", scale=1.0, line=b"\n"):
    kind = b"PF" if values.ndim == 3 else b"Pf"
    size = f"{values.shape[1]} {values.shape[0]}".encode()
    signed = f"{-scale if order == '<' else scale}".encode()
    return line.join([kind, size, signed]) + b"\n" + values[::-1].astype(f"{order}f4").tobytes()


def noise(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("line", [b"\n", b" "])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 3), (1, 1), (5, 1)], ids=str)
def test_what_was_written_is_read(shape, order, line):
    values = noise(*shape)
    (one,) = read(io.BytesIO(pfm(values, order, line=line)))
    np.testing.assert_array_equal(one.data, values)
    assert one.layout == ("HWC" if len(shape) == 3 else "HW")
    assert_peek_agrees(io.BytesIO(pfm(values, order)))


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("shape", [(6, 8), (6, 8, 3)], ids=str)
def test_pooled(cli, tmp_path, shape, order):
    values = noise(*shape)
    (tmp_path / "a.pfm").write_bytes(pfm(values, scale=2.5))
    assert cli("max", "-k", 2, "a.pfm", "-o", "b.pfm", "--save", f"byte_order={order}").code == 0
    expected = halves(values).max((1, 3)).reshape(3, 4, *shape[2:])
    raw = (tmp_path / "b.pfm").read_bytes()
    assert raw == pfm(expected, "<" if order == "little" else ">", 2.5)


def test_as_opencv_reads_and_writes_it(tmp_path):
    cv2 = pytest.importorskip("cv2", reason="cv2 is not installed")
    values = noise(6, 8, 3)
    cv2.imwrite(str(tmp_path / "a.pfm"), values[..., ::-1])
    (one,) = read(tmp_path / "a.pfm")
    np.testing.assert_array_equal(one.data, values)
    with (tmp_path / "b.pfm").open("wb") as stream:
        write([one], stream, format_named("pfm"))
    seen = cv2.imread(str(tmp_path / "b.pfm"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(seen[..., ::-1], values)


@pytest.mark.parametrize("region", [np.s_[0:2, 1:5], np.s_[2:6, 0:8], np.s_[5:6, 7:8]], ids=str)
def test_regions(region):
    values = noise(6, 8)
    with opened(io.BytesIO(pfm(values))) as source:
        np.testing.assert_array_equal(source.read(0, region).data, values[region])


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (pfm(noise(4, 4))[:-1], "not all there"),
        (b"Pf\n4 4\n0\n" + bytes(64), "scale .* is 0"),
        (b"Pf\n4 4\n1e99999\n" + bytes(64), "scale"),
        (b"Pf\n4 0\n-1\n", "not all there"),
        (b"Pf\n4 x\n-1\n", "damaged"),
        (b"PF\n999999999 999999999\n-1\n", "not all there"),
    ],
)
def test_damage(raw, words):
    import re

    assert re.search(words, refusal(raw))


def test_what_it_does_not_hold():
    for data, layout in ((noise(4, 4, 2), "HWC"), (noise(2, 4, 4), "DHW"), (noise(9), "L")):
        with pytest.raises(FileError, match="no picture of 1 or 3 channels"):
            write([FeatureMap(data, layout)], io.BytesIO(), format_named("pfm"))
    with pytest.raises(FileError, match="holds no float64"):
        write([FeatureMap(np.ones((2, 2)), "HW")], io.BytesIO(), format_named("pfm"))
    stream = io.BytesIO()
    write([FeatureMap(noise(3, 4, 5), "CHW")], stream, format_named("pfm"))
    stream.seek(0)
    np.testing.assert_array_equal(read(stream)[0].data, noise(3, 4, 5).transpose(1, 2, 0))
