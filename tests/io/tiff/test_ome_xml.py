"""OME-TIFF: axes by name, sizes of pixels, channels, and what the document says beside these."""

import io
import json
import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from halved import halves
from PIL import Image
from tiffs import described, encoded, tifffile, values

from poolcli.errors import FileError
from poolcli.io import peek, read
from poolcli.io.tiff import ome_xml

MICRONS = {
    "PhysicalSizeX": 0.5,
    "PhysicalSizeXUnit": "µm",
    "PhysicalSizeY": 0.25,
    "PhysicalSizeYUnit": "µm",
}
DEPTH = {"PhysicalSizeZ": 2.0, "PhysicalSizeZUnit": "µm"}
TIME = {"TimeIncrement": 7.0, "TimeIncrementUnit": "s"}


def write(path, x, axes, **metadata):
    path.write_bytes(
        encoded(x, ome=True, photometric="minisblack", metadata={"axes": axes, **metadata})
    )
    return path


def sizes(path, axes="XYZ"):
    pixels, _ = described(path)
    return [float(pixels[f"PhysicalSize{axis}"]) for axis in axes]


def test_a_stack_keeps_its_axes_and_its_names_and_scales_its_pixels(cli, tmp_path):
    x = values((2, 3, 4, 10, 12), "uint16")
    names = ["DAPI", "GFP", "RFP"]
    colours = {"Channel": {"Name": names, "Color": [-16776961, 16711935, 1]}}
    write(tmp_path / "cells.ome.tif", x, "TCZYX", **MICRONS, **DEPTH, **TIME, **colours)
    assert cli("max", "-k", "1x2x2", "cells.ome.tif").code == 0
    result = tmp_path / "cells-max.ome.tif"
    with tifffile.TiffFile(result) as file:
        assert (file.series[0].axes, file.series[0].dtype) == ("TCZYX", np.uint16)
        np.testing.assert_array_equal(file.asarray(), halves(x).max((-3, -1)))
        assert 'Color="-16776961"' in file.ome_metadata
    assert sizes(result) == [1.0, 0.5, 2.0]
    pixels, channels = described(result)
    assert (float(pixels["TimeIncrement"]), pixels["TimeIncrementUnit"]) == (7.0, "s")
    assert channels == names
    assert cli("avg", "--adaptive", "4x5x4", "cells.ome.tif", "-o", "b.ome.tif").code == 0
    assert sizes(tmp_path / "b.ome.tif") == [1.5, 0.5, 2.0]


@pytest.mark.parametrize("axes", ["TZCYX", "CTZYX", "ZCTYX", "ZYX", "CYX", "YX"])
def test_axes_stay_in_their_order(cli, tmp_path, axes):
    x = values((2, 3, 4, 6, 8)[-len(axes) :], "int16")
    write(tmp_path / "a.ome.tif", x, axes)
    assert cli("max", "-k", 1, "a.ome.tif", "-o", "b.ome.tif").code == 0
    with tifffile.TiffFile(tmp_path / "b.ome.tif") as file:
        assert file.series[0].axes == axes
        np.testing.assert_array_equal(file.asarray(), x)


def test_sizes_follow_a_pipeline_and_its_return(cli, tmp_path):
    write(tmp_path / "a.ome.tif", values((16, 16), "uint16"), "YX", **MICRONS)
    assert cli("run", "avg -k 2 | max -k 3 -s 2 -p 1", "a.ome.tif", "-o", "b.ome.tif").code == 0
    assert sizes(tmp_path / "b.ome.tif", "XY") == [2.0, 1.0]
    assert cli("run", "avg -k 4 | restore", "a.ome.tif", "-o", "c.ome.tif").code == 0
    assert sizes(tmp_path / "c.ome.tif", "XY") == [0.5, 0.25]


def test_info_and_peek_tell_what_read_gives(cli, tmp_path):
    path = write(tmp_path / "a.ome.tif", values((3, 8, 10), "uint16"), "ZYX", **MICRONS)
    (row,) = json.loads(cli("info", "a.ome.tif", "--report", "json").text)
    assert (row["shape"], row["layout"], row["dtype"]) == ([3, 8, 10], "DHW", "uint16")
    assert row["facts"]["spacing"] == {"W": [0.5, "µm"], "H": [0.25, "µm"]}
    (header,), (one,) = peek(path).maps, read(path)
    assert (header.form, header.facts) == (one.form, one.facts)


def test_several_images_are_several_maps(cli, tmp_path):
    path = tmp_path / "a.ome.tif"
    xs = [values((size, 2 * size), "uint16") for size in (6, 4)]
    with tifffile.TiffWriter(path, ome=True) as file:
        for number, x in enumerate(xs):
            more = {**MICRONS, "PhysicalSizeX": number + 1.0, "Name": f"view {number}"}
            file.write(x, photometric="minisblack", metadata={"axes": "YX", **more})
    assert [(one.name, one.data.shape) for one in read(path)] == [("0", (6, 12)), ("1", (4, 8))]
    assert cli("max", "-k", 2, "a.ome.tif").code == 0
    with tifffile.TiffFile(tmp_path / "a-max.ome.tif") as file:
        for series, x in zip(file.series, xs, strict=True):
            np.testing.assert_array_equal(series.asarray(), halves(x).max((-3, -1)))
        images = [each for each in ET.fromstring(file.ome_metadata) if each.tag.endswith("Image")]
    assert [each.attrib["Name"] for each in images] == ["view 0", "view 1"]
    assert [float(each[-1].attrib["PhysicalSizeX"]) for each in images] == [2.0, 4.0]


def test_planes_in_any_order_and_colours(cli, tmp_path):
    x = values((4, 8, 8, 3), "uint8")
    raw = encoded(x, ome=True, photometric="rgb", metadata={"axes": "ZYXS"})
    (tmp_path / "a.ome.tif").write_bytes(raw)
    (one,) = read(tmp_path / "a.ome.tif")
    assert one.layout == "DHWC"
    np.testing.assert_array_equal(one.data, x)
    assert cli("max", "-k", "1x2x2", "a.ome.tif").code == 0
    with tifffile.TiffFile(tmp_path / "a-max.ome.tif") as file:
        assert file.series[0].axes == "ZYXS"
        pooled = halves(np.moveaxis(x, -1, 1)).max((-3, -1))
        np.testing.assert_array_equal(file.asarray(), np.moveaxis(pooled, 1, -1))
    swapped = raw.replace(b'IFD="0" PlaneCount="4"', b'IFD="3" PlaneCount="1"')
    assert swapped != raw
    (tmp_path / "b.ome.tif").write_bytes(swapped)
    (one,) = read(tmp_path / "b.ome.tif")
    np.testing.assert_array_equal(one.data[0], x[3])
    assert not one.data[1:].any()  # planes that the document does not name


def test_arrays_become_stacks_on_request(cli, tmp_path):
    x = values((2, 3, 8, 8), "uint16")
    np.save(tmp_path / "x.npy", x)
    assert cli("max", "-k", 2, "x.npy", "-o", "y.ome.tiff").code == 0
    (one,) = read(tmp_path / "y.ome.tiff")
    assert one.layout == "NCHW"
    np.testing.assert_array_equal(one.data, halves(x).max((-3, -1)))
    with tifffile.TiffFile(tmp_path / "y.ome.tiff") as file:
        assert file.is_ome
        np.testing.assert_array_equal(file.asarray(), one.data)
    assert cli("max", "-k", 2, "x.npy", "--to", "ome").code == 0
    assert (tmp_path / "x-max.ome.tiff").read_bytes() == (tmp_path / "y.ome.tiff").read_bytes()


@pytest.mark.parametrize("dtype", ["float16", "int64", "uint64"])
def test_what_ome_cannot_hold_is_refused(cli, tmp_path, dtype):
    np.save(tmp_path / "x.npy", values((2, 8, 8), dtype))
    ran = cli("max", "x.npy", "--to", "ome")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert dtype in ran.err
    assert cli("max", "x.npy", "-o", "y.tif").code == 0  # whose axes tifffile's description names
    np.testing.assert_array_equal(
        tifffile.imread(tmp_path / "y.tif"), halves(np.load(tmp_path / "x.npy")).max((-3, -1))
    )


def test_a_palette_is_written_as_its_colours(cli, tmp_path):
    image = Image.fromarray(values((8, 8), "uint8") % 4, "L").convert("P")
    image.putpalette([9, 8, 7, 200, 100, 0, 3, 2, 1, 255, 254, 253])
    image.save(tmp_path / "a.png")
    assert cli("sample", "-s", 2, "a.png", "-o", "b.ome.tif").code == 0
    np.testing.assert_array_equal(
        read(tmp_path / "b.ome.tif")[0].data, np.asarray(image.convert("RGB"))[::2, ::2]
    )


def test_axes_without_a_usual_name_ask_for_a_layout(cli, tmp_path):
    x = values((2, 6, 6, 3), "uint8")
    (tmp_path / "a.tif").write_bytes(encoded(x, photometric="rgb", metadata={"axes": "CYXS"}))
    ran = cli("max", "a.tif")
    assert ran.code == 1
    assert "--layout" in ran.err
    assert cli("max", "a.tif", "--layout", "NHWC", "-o", "b.tif").code == 0


def test_documents_that_cannot_be_right_are_refused():
    document = (
        '<OME xmlns="x"><Image><Pixels DimensionOrder="XYZCT" SizeX="8" SizeY="8" '
        'SizeC="1" SizeT="1" SizeZ="{}" Type="uint8"/></Image></OME>'
    )
    with pytest.raises(FileError, match="names 99 planes, and it holds 3"):
        ome_xml.images(document.format(99), 3)
    with pytest.raises(FileError, match="no number"):
        ome_xml.images(document.format("many"), 3)
    with pytest.raises(FileError, match="no order"):
        ome_xml.images(document.format(1).replace("XYZCT", "XY"), 3)
    with pytest.raises(FileError, match="damaged"):
        ome_xml.images(document.format(1)[:-3], 3)


@pytest.mark.parametrize(
    "space", ["", ' xmlns="http://www.openmicroscopy.org/Schemas/OME/2013-06"']
)
def test_documents_of_other_versions(cli, tmp_path, space):
    raw = encoded(values((3, 8, 8), "uint16"), ome=True, metadata={"axes": "ZYX", **MICRONS})
    with tifffile.TiffFile(io.BytesIO(raw)) as file:
        document = file.ome_metadata
    document = re.sub(r"<OME [^>]*>", f"<OME{space}>", document)
    x = values((3, 8, 8), "uint16")
    options = {"photometric": "minisblack", "metadata": None}
    (tmp_path / "a.ome.tif").write_bytes(encoded(x, description=document.encode(), **options))
    assert cli("max", "-k", "1x2x2", "a.ome.tif").code == 0
    with tifffile.TiffFile(tmp_path / "a-max.ome.tif") as file:
        assert f"<OME{space} " in file.ome_metadata
        assert file.series[0].axes == "ZYX"
        np.testing.assert_array_equal(file.asarray(), halves(x).max((-3, -1)))


def test_regions_of_interest_are_told_to_be_gone(cli, tmp_path):
    raw = encoded(values((8, 8), "uint8"), ome=True, metadata={"axes": "YX"})
    with tifffile.TiffFile(io.BytesIO(raw)) as file:
        document = file.ome_metadata
    told = document.replace("</OME>", '<ROI ID="ROI:0"/></OME>')
    raw = encoded(values((8, 8), "uint8"), description=told, metadata=None)
    (tmp_path / "a.ome.tif").write_bytes(raw)
    ran = cli("max", "-k", 2, "a.ome.tif", "--report", "jsonl")
    assert json.loads(ran.text.splitlines()[0])["dropped"] == ["regions of interest"]
