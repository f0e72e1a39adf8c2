"""safetensors, as the library writes and reads it."""

import io
import json

import numpy as np
import pytest
from round_trips import refusal

from poolcli.io import opened, peek, read

DTYPES = ("?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8")


def made(dtype, shape=(2, 3, 4, 6)):
    values = np.random.default_rng(0).integers(0, 100, shape)
    return (values % 2 if dtype == "?" else values).astype(dtype)


def library():
    return pytest.importorskip("safetensors.numpy", reason="safetensors are not installed")


@pytest.mark.complete
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(tmp_path, dtype):
    numpy = library()
    values = made(dtype)
    numpy.save_file({"a.weight": values, "b": made(dtype, (8,))}, tmp_path / "a.safetensors")
    maps = {one.name: one for one in read(tmp_path / "a.safetensors")}
    np.testing.assert_array_equal(maps["a.weight"].data, values)
    assert maps["a.weight"].data.dtype == values.dtype


@pytest.mark.complete
def test_pooled_with_all_that_is_in_it(cli, tmp_path):
    numpy = library()
    tensors = {
        "conv.weight": made("f4"),
        "plane": made("i2", (4, 6)),
        "step": np.array(7, np.int64),
        "none": np.zeros((0, 3), np.float32),
    }
    path = tmp_path / "a.safetensors"
    numpy.save_file(tensors, path, metadata={"format": "np", "note": "☃"})
    ran = cli("max", "-k", 2, path.name, "-o", "b.safetensors", "--report", "jsonl")
    assert ran.code == 0, ran.err
    assert json.loads(ran.text)["dropped"] == []
    again = numpy.load_file(tmp_path / "b.safetensors")
    blocks = tensors["conv.weight"].reshape(2, 3, 2, 2, 3, 2)
    np.testing.assert_array_equal(again["conv.weight"], blocks.max((3, 5)))
    np.testing.assert_array_equal(again["plane"], tensors["plane"].reshape(2, 2, 3, 2).max((1, 3)))
    assert again["step"] == 7
    assert again["none"].shape == (0, 3)
    from safetensors import safe_open

    with safe_open(tmp_path / "b.safetensors", "np") as file:
        assert file.metadata() == {"format": "np", "note": "☃"}
    ran = cli("max", "-k", 2, path.name, "-o", "b.npz", "--report", "jsonl")
    assert json.loads(ran.text)["dropped"] == ["attributes of the file", "other data of the file"]


@pytest.mark.complete
def test_bfloat16_is_widened_and_stays_where_it_can(cli, tmp_path):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from safetensors.torch import load_file, save_file

    values = torch.randn(2, 4, 6).to(torch.bfloat16)
    save_file({"a": values}, tmp_path / "a.safetensors")
    (one,) = read(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(one.data, values.float().numpy())
    assert cli("max", "-k", 2, "a.safetensors", "-o", "b.safetensors").code == 0
    assert cli("avg", "-k", 2, "a.safetensors", "-o", "c.safetensors").code == 0
    assert load_file(tmp_path / "b.safetensors")["a"].dtype == torch.bfloat16
    assert load_file(tmp_path / "c.safetensors")["a"].dtype == torch.float32


@pytest.mark.complete
def test_one_of_several_and_regions(cli, tmp_path):
    numpy = library()
    tensors = {"x.a": made("f4", (4, 6)), "x.b": made("f4", (8, 8))}
    numpy.save_file(tensors, tmp_path / "a.safetensors")
    assert {one.name for one in peek(tmp_path / "a.safetensors").maps} == set(tensors)
    assert cli("max", "-k", 2, "a.safetensors::x.b", "-o", "b.npy").code == 0
    assert np.load(tmp_path / "b.npy").shape == (4, 4)
    with opened(tmp_path / "a.safetensors", None, "x.a") as source:
        np.testing.assert_array_equal(
            source.read(0, np.s_[1:3, 2:5]).data, tensors["x.a"][1:3, 2:5]
        )


def file_of(header, values=b""):
    packed = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(packed).to_bytes(8, "little") + packed + values


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (file_of({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}), "does not fit"),
        (file_of({"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, bytes(8)), "fit"),
        (file_of({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 8]}}, bytes(8)), "dam"),
        (file_of({"a": {"dtype": "F32", "shape": 3, "data_offsets": [0, 8]}}, bytes(8)), "damaged"),
        (file_of({"a": [1]}, bytes(8)), "damaged"),
        (
            file_of({"a": {"dtype": "F8_E4M3", "shape": [8], "data_offsets": [0, 8]}}, bytes(8)),
            "no",
        ),
        (file_of(b'{"a": ' * 90_000), "damaged"),
        (file_of({}), "no tensor"),
    ],
)
def test_damage(raw, words):
    assert words in refusal(raw)


def test_what_is_no_header_is_no_safetensors():
    assert "neither an array" in refusal(b"\xff" * 8 + b"{" + bytes(20))
    assert "neither an array" in refusal(io.BytesIO(bytes(8) + b"{").read())
