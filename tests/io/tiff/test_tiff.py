"""TIFFs by tifffile: deep colours, BigTIFF, and stacks with named axes and sizes of pixels."""

import io
import json
import struct
import sys
from importlib.util import find_spec
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from poolcli.errors import FileError, RequestError
from poolcli.io import format_named, peek, read

tifffile = pytest.importorskip("tifffile", reason="tifffile is not installed")

MICRONS = {
    "PhysicalSizeX": 0.5,
    "PhysicalSizeXUnit": "µm",
    "PhysicalSizeY": 0.25,
    "PhysicalSizeYUnit": "µm",
}


def values(*shape, dtype="uint16", seed=0):
    return (
        np.random.default_rng(seed)
        .integers(0, 60_000 if dtype == "uint16" else 250, shape)
        .astype(dtype)
    )


def halves(x):
    """The blocks of 2 by 2 of the last two axes."""
    height, width = x.shape[-2] // 2, x.shape[-1] // 2
    return x[..., : 2 * height, : 2 * width].reshape(*x.shape[:-2], height, 2, width, 2)


def write(path, x, **more):
    tifffile.imwrite(path, x, **more)
    return path


def described(path):
    """The attributes of Pixels in a file's OME description."""
    with tifffile.TiffFile(path) as file:
        found = [
            each for each in ET.fromstring(file.ome_metadata).iter() if each.tag.endswith("}Pixels")
        ]
    return found[0].attrib, [
        each.attrib.get("Name") for each in found[0] if each.tag.endswith("}Channel")
    ]


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_sixteen_bit_colours_stay_sixteen_bit(cli, tmp_path, planar):
    x = values(9, 12, 3)
    stored = x if planar == "contig" else x.transpose(2, 0, 1)
    write(tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planar, compression="zlib")
    assert cli("avg", "-k", 2, "a.tif").code == 0
    means = halves(x.transpose(2, 0, 1)).astype(np.float64).mean((2, 4)).transpose(1, 2, 0)
    with tifffile.TiffFile(tmp_path / "a-avg.tif") as file:
        page = file.pages[0]
        assert (page.photometric.name, page.bitspersample, page.compression.name) == (
            "RGB",
            16,
            "ADOBE_DEFLATE",
        )
        assert not file.is_ome
        np.testing.assert_array_equal(page.asarray(), np.rint(means))


def test_sixteen_bit_alpha_weighs(cli, tmp_path):
    x = values(8, 8, 4)
    write(tmp_path / "a.tif", x, photometric="rgb", extrasamples=["unassalpha"])
    assert cli("avg", "-k", 2, "a.tif").code == 0
    blocks = halves(x.transpose(2, 0, 1)).astype(np.float64)
    alpha = blocks[3]
    colours = (blocks[:3] * alpha).sum((2, 4)) / alpha.sum((1, 3))
    result = tifffile.imread(tmp_path / "a-avg.tif")
    np.testing.assert_array_equal(
        result, np.rint(np.concatenate([colours, alpha.mean((1, 3))[None]])).transpose(1, 2, 0)
    )


def test_a_stack_keeps_its_axes_its_dtype_and_scales_its_pixels(cli, tmp_path):
    x = values(2, 3, 4, 10, 12)
    names = ["DAPI", "GFP", "RFP"]
    more = MICRONS | {"PhysicalSizeZ": 2.0, "PhysicalSizeZUnit": "µm", "Channel": {"Name": names}}
    write(
        tmp_path / "cells.ome.tif", x, photometric="minisblack", metadata={"axes": "TCZYX"} | more
    )
    assert cli("max", "-k", "1x2x2", "cells.ome.tif").code == 0
    result = tmp_path / "cells-max.ome.tif"
    with tifffile.TiffFile(result) as file:
        assert (file.series[0].axes, file.series[0].dtype) == ("TCZYX", np.uint16)
        np.testing.assert_array_equal(file.asarray(), halves(x).max((-3, -1)))
    pixels, channels = described(result)
    assert [float(pixels[f"PhysicalSize{axis}"]) for axis in "XYZ"] == [1.0, 0.5, 2.0]
    assert channels == names
    assert cli("avg", "--adaptive", "4x5x4", "cells.ome.tif", "-o", "b.ome.tif").code == 0
    pixels, _ = described(tmp_path / "b.ome.tif")
    assert [float(pixels[f"PhysicalSize{axis}"]) for axis in "XYZ"] == [1.5, 0.5, 2.0]


def test_sizes_follow_a_pipeline_and_its_return(cli, tmp_path):
    write(
        tmp_path / "a.ome.tif",
        values(16, 16),
        photometric="minisblack",
        metadata={"axes": "YX"} | MICRONS,
    )
    assert cli("run", "avg -k 2 | max -k 3 -s 2 -p 1", "a.ome.tif", "-o", "b.ome.tif").code == 0
    assert [described(tmp_path / "b.ome.tif")[0][f"PhysicalSize{axis}"] for axis in "XY"] == [
        "2.0",
        "1.0",
    ]
    assert cli("run", "avg -k 4 | restore", "a.ome.tif", "-o", "c.ome.tif").code == 0
    assert [described(tmp_path / "c.ome.tif")[0][f"PhysicalSize{axis}"] for axis in "XY"] == [
        "0.5",
        "0.25",
    ]


def test_info_and_peek_tell_what_read_gives(cli, tmp_path):
    write(
        tmp_path / "a.ome.tif",
        values(3, 8, 10),
        photometric="minisblack",
        metadata={"axes": "ZYX"} | MICRONS,
    )
    ran = cli("info", "a.ome.tif", "--report", "json")
    (row,) = json.loads(ran.text)
    assert (row["shape"], row["layout"], row["dtype"]) == ([3, 8, 10], "DHW", "uint16")
    assert row["facts"]["spacing"] == {"D": [1.0, ""], "H": [0.25, "µm"], "W": [0.5, "µm"]}
    (header,), (one,) = peek(tmp_path / "a.ome.tif").maps, read(tmp_path / "a.ome.tif")
    assert (header.form, header.facts) == (one.form, one.facts)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "int16", "float32", "float64"])
def test_big_tiffs_of_any_dtype_come_back(tmp_path, dtype):
    x = values(5, 6, dtype=dtype)
    raw = io.BytesIO()
    tifffile.imwrite(raw, x.astype(x.dtype.newbyteorder(">")), bigtiff=True, byteorder=">")
    raw.seek(0)
    (one,) = read(raw)
    assert one.data.dtype == x.dtype
    np.testing.assert_array_equal(one.data, x)


def test_several_images_are_several_maps(tmp_path):
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as file:
        for size in (6, 4):
            file.write(values(size, size), photometric="minisblack", metadata={"axes": "YX"})
    assert [(one.name, one.data.shape) for one in read(path)] == [("0", (6, 6)), ("1", (4, 4))]


def test_arrays_become_stacks_on_request(cli, tmp_path):
    x = values(2, 3, 8, 8)
    np.save(tmp_path / "x.npy", x)
    assert cli("max", "-k", 2, "x.npy", "-o", "y.ome.tiff").code == 0
    (one,) = read(tmp_path / "y.ome.tiff")
    assert one.layout == "NCHW"
    np.testing.assert_array_equal(one.data, halves(x).max((-3, -1)))
    assert cli("max", "-k", 2, "x.npy", "--to", "ome").code == 0
    assert (tmp_path / "x-max.ome.tiff").read_bytes() == (tmp_path / "y.ome.tiff").read_bytes()


def test_a_palette_is_written_as_its_colours(cli, tmp_path):
    image = Image.fromarray(values(8, 8, dtype="uint8") % 4, "L").convert("P")
    image.putpalette([9, 8, 7, 200, 100, 0, 3, 2, 1, 255, 254, 253])
    image.save(tmp_path / "a.png")
    assert cli("sample", "-s", 2, "a.png", "-o", "b.ome.tif").code == 0
    np.testing.assert_array_equal(
        read(tmp_path / "b.ome.tif")[0].data, np.asarray(image.convert("RGB"))[::2, ::2]
    )


def test_axes_without_a_usual_name_ask_for_a_layout(cli, tmp_path):
    write(
        tmp_path / "a.ome.tif",
        values(2, 3, 8, 8),
        photometric="minisblack",
        metadata={"axes": "AQYX"},
    )
    ran = cli("max", "a.ome.tif")
    assert ran.code == 1
    assert "--layout" in ran.err
    assert cli("max", "a.ome.tif", "--layout", "NCHW").code == 0


@pytest.mark.parametrize("cut", [8, 100, 0.5, 0.9, 0.999])
def test_a_cut_file_is_refused(tmp_path, cut):
    raw = io.BytesIO()
    tifffile.imwrite(raw, values(64, 64, 3), photometric="rgb", rowsperstrip=8, metadata=None)
    whole = raw.getvalue()
    short = whole[: cut if cut > 1 else int(cut * len(whole))]
    with pytest.raises(FileError):
        read(io.BytesIO(short))


def test_what_tags_claim_beyond_the_file_is_refused():
    raw = io.BytesIO()
    tifffile.imwrite(
        raw, np.zeros((64, 64, 3), np.uint16), photometric="rgb", compression="zlib", metadata=None
    )
    whole = raw.getvalue()
    for tag in (256, 257):
        length = struct.pack("<HHII", tag, 4, 1, 64)
        assert whole.count(length) == 1
        whole = whole.replace(length, length[:8] + struct.pack("<I", 100_000))
    with pytest.raises(FileError):
        read(io.BytesIO(whole))


@pytest.mark.parametrize(("name", "code"), [("a.ome.tif", 2), ("big.tif", 1), ("deep.tif", 1)])
def test_without_the_extra_one_line_names_it(cli, tmp_path, name, code, monkeypatch):
    write(
        tmp_path / "a.ome.tif", values(2, 8, 8), photometric="minisblack", metadata={"axes": "ZYX"}
    )
    write(tmp_path / "big.tif", values(8, 8), bigtiff=True)
    write(tmp_path / "deep.tif", values(8, 8, 3), photometric="rgb")
    monkeypatch.setitem(sys.modules, "tifffile", None)
    ran = cli("max", name)
    assert ran.code == code
    assert ran.err.count("\n") == 1
    assert "pip install 'poolcli[tiff]'" in ran.err


def test_writing_without_the_extra_is_refused_before_the_start(cli, tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", values(2, 8, 8))
    monkeypatch.setitem(sys.modules, "tifffile", None)
    ran = cli("max", "x.npy", "--to", "ome")
    assert ran.code == 2
    assert "pip install 'poolcli[tiff]'" in ran.err
    with pytest.raises(RequestError, match="pip install"):
        format_named("ome").options({})


def test_options_of_the_format(cli, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((64, 64), np.uint16))
    for word, name in (("none", "NONE"), ("deflate", "ADOBE_DEFLATE")):
        assert (
            cli("max", "x.npy", "-o", f"{word}.ome.tif", "--save", f"compression={word}").code == 0
        )
        with tifffile.TiffFile(tmp_path / f"{word}.ome.tif") as file:
            assert file.pages[0].compression.name == name
    assert cli("max", "x.npy", "-o", "y.ome.tif", "--save", "compression=jpeg").code == 2


@pytest.mark.parametrize("word", ["packbits", "lzw"])
def test_a_compression_whose_library_is_missing_names_the_extra(cli, tmp_path, word):
    np.save(tmp_path / "x.npy", np.zeros((64, 64), np.uint16))
    ran = cli("max", "x.npy", "-o", "y.ome.tif", "--save", f"compression={word}")
    if find_spec("imagecodecs"):
        with tifffile.TiffFile(tmp_path / "y.ome.tif") as file:
            assert file.pages[0].compression.name.lower() == word
    else:
        assert (ran.code, "pip install 'poolcli[tiff]'" in ran.err) == (1, True)
