"""What a file holds and nothing reads is named in the row, for every format that is read."""

import io
import json
import struct
import zipfile

import numpy as np
import pytest
from handmade import chunk, npy, png, tiff
from PIL import Image
from round_trips import saved

from poolcli.io import FORMATS, peek

PIXELS = np.arange(48, dtype=np.uint8).reshape(6, 8)
GRAY, COLOUR = Image.fromarray(PIXELS), Image.fromarray(PIXELS).convert("RGB")
BEHIND = "data behind the image"
SLICES = b"Photoshop 3.0\x008BIM" + struct.pack(">HHI", 1050, 0, 2) + b"no"
TEST_BOX = struct.pack(">I4s", 12, b"teSt") + b"data"


def inserted(raw, at, part):
    return raw[:at] + part + raw[at:]


def png_with(before=b"", behind=b"", end=b""):
    rows = b"".join(b"\0" + row.tobytes() for row in PIXELS)
    return png(8, 6, 8, 0, rows, before, behind) + end


def jpeg_with(part=b"", end=b""):
    return inserted(saved(GRAY, "JPEG"), 2, part) + end


def segment(number, data):
    return struct.pack(">BBH", 0xFF, 0xE0 + number, len(data) + 2) + data


def gif_with(part=b"", end=b"", *, is_last=False):
    raw = saved(GRAY, "GIF")
    at = len(raw) - 1 if is_last else 13 + (3 << ((raw[10] & 7) + 1))
    return inserted(raw, at, part) + end


def webp_with(part=b"", end=b""):
    raw = saved(COLOUR, "WEBP", lossless=True)
    whole = raw[8:] + part
    return b"RIFF" + struct.pack("<I", len(whole)) + whole + end


def tga_with(extension=0, developer=0, name=b""):
    raw = saved(GRAY, "TGA", compression=None)[:-26]
    raw = bytes([len(name)]) + raw[1:18] + name + raw[18:]
    places = (len(raw) if extension else 0, len(raw) if developer else 0)
    return raw + bytes(4) + struct.pack("<2I", *places) + b"TRUEVISION-XFILE.\0"


def sgi_with(name):
    raw = saved(GRAY, "SGI")
    return raw[:24] + name + raw[24 + len(name) :]


def dds_with(flags):
    raw = bytearray(saved(COLOUR, "DDS"))
    struct.pack_into("<I", raw, 112, flags)
    return bytes(raw)


def cur_with(hotspot):
    raw = bytearray(saved(COLOUR, "ICO", sizes=[(8, 6)], bitmap_format="bmp"))
    raw[2] = 2
    struct.pack_into("<2H", raw, 10, *hotspot)
    return bytes(raw)


def bmp_v4():
    """A BMP with the primaries of its colours."""
    head = struct.pack("<I2i2H6I", 108, 8, 6, 1, 24, 0, 0, 0, 0, 0, 0)
    space = bytes(16) + bytes(4) + struct.pack("<12I", *range(1, 13))
    pixels = np.repeat(PIXELS[::-1, :, None], 3, -1).tobytes()
    return b"BM" + struct.pack("<IHHI", 122 + len(pixels), 0, 0, 122) + head + space + pixels


def npz_with():
    stream = io.BytesIO()
    np.savez(stream, a=PIXELS)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.comment = b"a comment"
    return stream.getvalue()


# The name of a format, what is added, the file, and the name under which that is told.
FILES = [
    ("png", "an unknown chunk", png_with(chunk(b"teSt", b"data")), "teSt"),
    ("png", "a background", png_with(chunk(b"bKGD", b"\0\1")), "bKGD"),
    ("png", "a private chunk behind the pixels", png_with(behind=chunk(b"prVt", b"")), "prVt"),
    ("png", "bytes at the end", png_with(end=b"more"), BEHIND),
    ("png", "IPTC in a text", png_with(chunk(b"tEXt", b"Raw profile type iptc\0\n")), "iptc"),
    ("jpeg", "an unknown segment", jpeg_with(segment(9, b"teSt\0data")), "APP9 teSt"),
    ("jpeg", "one without a name", jpeg_with(segment(11, b"\0\1\2")), "APP11"),
    ("jpeg", "slices of Photoshop", jpeg_with(segment(13, SLICES)), "slices"),
    ("jpeg", "another APP13", jpeg_with(segment(13, b"Adobe_CM\0data")), "APP13 Adobe_CM"),
    ("jpeg", "bytes at the end", jpeg_with(end=saved(GRAY, "JPEG")), BEHIND),
    ("gif", "an application", gif_with(b"\x21\xff\x0bteSt1234567\x01x\0"), "extension teSt1234567"),
    ("gif", "a text", gif_with(b"\x21\x01\x0c" + bytes(12) + b"\x01x\0"), "plain text"),
    ("gif", "a label", gif_with(b"\x21\x77\x01x\0"), "extension 0x77"),
    ("gif", "a late comment", gif_with(b"\x21\xfe\x01x\0", is_last=True), "comment of a frame"),
    ("gif", "bytes at the end", gif_with(end=b"more"), BEHIND),
    ("webp", "an unknown chunk", webp_with(b"teSt" + struct.pack("<I", 4) + b"data"), "teSt"),
    ("webp", "bytes at the end", webp_with(end=b"more"), BEHIND),
    ("bmp", "bytes at the end", saved(GRAY, "BMP") + b"more", BEHIND),
    ("bmp", "a colour space", bmp_v4(), "colour space"),
    ("ppm", "a second picture", 2 * saved(GRAY, "PPM"), BEHIND),
    ("tga", "an extension", tga_with(extension=1), "extension area"),
    ("tga", "a developer's area", tga_with(developer=1), "developer area"),
    ("tga", "an ID", tga_with(name=b"teSt"), "image ID"),
    ("sgi", "a name", sgi_with(b"teSt"), "image name"),
    ("qoi", "bytes at the end", saved(COLOUR, "QOI") + b"more", BEHIND),
    ("jp2", "an unknown box", saved(GRAY, "JPEG2000") + TEST_BOX, "teSt"),
    ("avif", "an unknown box", saved(COLOUR, "AVIF") + TEST_BOX, "teSt"),
    ("tiff", "a private tag", tiff(8, 6, 8, PIXELS.tobytes(), t65000=7), "tag 65000"),
    ("tiff", "a known tag", tiff(8, 6, 8, PIXELS.tobytes(), t301=(1, 2, 3)), "TransferFunction"),
    ("npy", "a second array", 2 * npy(PIXELS), "data behind the array"),
    ("npz", "a comment", npz_with(), "comment of the archive"),
    ("pfm", "bytes at the end", b"Pf\n8 6\n-1\n" + PIXELS.astype("<f4").tobytes() + b"!", BEHIND),
]
# Of formats that are only read: the suffix, the file, and the name.
READ_ONLY = [
    (".dds", dds_with(0x200), "further faces of a cube"),
    (".dds", dds_with(0x200000), "further slices"),
    (".cur", cur_with((3, 5)), "hotspot"),
]
# Formats whose parts are all carried by other facts, or that have no place for any.
WITHOUT = {
    "pcx": "no field that is free",
    "j2k": "only the name of the program that wrote it",
    "nifti": "extensions",
    "fits": "other data of the file",
    "safetensors": "other data of the file",
}
ELSEWHERE = {"exr", "hdf5", "zarr"}  # below, with the libraries that write them


def told(cli, name, *words):
    ran = cli("max", "-k", 2, name, *words, "--report", "jsonl", "--overwrite")
    assert ran.code == 0, ran.err
    return json.loads(ran.text.splitlines()[0])["dropped"]


def assert_named(cli, name, expected):
    """It is dropped by whatever format is written, a failure with --strict, and in `info`."""
    for words in ((), ("--to", "npz")):
        dropped = told(cli, name, *words)
        (named,) = [each for each in dropped if each.startswith("further data")]
        assert expected in named
    ran = cli("max", "-k", 2, name, "-o", "new.npz", "--strict")
    assert ran.code == 1
    assert expected in ran.err
    (file,) = json.loads(cli("info", name, "--report", "json").text)[:1]
    assert any(expected in each for each in file["facts"]["further_data"])
    assert expected in cli("info", name, "--report", "csv").text


def test_every_format_that_is_read_is_here():
    read = {record.name for record in FORMATS if record.source}
    assert {name for name, *_ in FILES} | WITHOUT.keys() | ELSEWHERE >= read - {"ome"}


@pytest.mark.parametrize(
    ("format_name", "raw", "expected"),
    [pytest.param(name, raw, word, id=f"{name}, {part}") for name, part, raw, word in FILES],
)
def test_what_is_not_read_is_named(cli, tmp_path, format_name, raw, expected):
    suffix = next(each.suffixes[0] for each in FORMATS if each.name == format_name)
    (tmp_path / f"a{suffix}").write_bytes(raw)
    assert_named(cli, f"a{suffix}", expected)


@pytest.mark.parametrize(("suffix", "raw", "expected"), READ_ONLY)
def test_formats_that_are_only_read(cli, tmp_path, suffix, raw, expected):
    (tmp_path / f"a{suffix}").write_bytes(raw)
    assert_named(cli, f"a{suffix}", expected)


@pytest.mark.parametrize("format_name", sorted({name for name, *_ in FILES} - {"tiff", "npz"}))
def test_what_pillow_writes_by_itself_is_nothing_more(format_name):
    record = next(each for each in FORMATS if each.name == format_name)
    if not record.pillow:
        return
    for image in (GRAY, COLOUR):
        if format_name != "qoi" or image is COLOUR:
            (one,) = peek(io.BytesIO(saved(image, record.pillow))).maps
            assert "further_data" not in one.facts


def test_many_names_are_not_all_in_the_row(cli, tmp_path):
    chunks = [chunk(f"te{letter}t".encode(), b"") for letter in "ABCDEFGH"]
    (tmp_path / "a.png").write_bytes(png_with(b"".join(chunks)))
    assert told(cli, "a.png") == ["further data (teAt, teBt, teCt, teDt, teEt, teFt and 2 more)"]


@pytest.mark.complete
def test_names_of_strangers_do_no_harm(cli, tmp_path):
    """A name is of whoever made the file: no row is longer for it, and no terminal obeys it."""
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    name = "\x1b[31mred\n" + 999 * "x"
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a"] = PIXELS
        file.create_group(name)
    for words in (("max", "a.h5"), ("max", "a.h5", "--strict", "-o", "b.h5"), ("info", "a.h5")):
        ran = cli(*words)
        printed = ran.text + ran.err
        assert "\x1b[31m" not in printed
        assert 99 * "x" not in printed
        assert "x1b[31mred" in printed.replace("\n", "").replace(" ", "")
    assert ran.code == 0
    assert cli("max", "a.h5", "--strict", "-o", "b.h5").err.count("\n") == 1


def test_comments_of_a_pgm_are_carried(cli, tmp_path):
    raw = b"P5\n# first\n8 # second\n6\n255\n" + PIXELS.tobytes()
    (tmp_path / "a.pgm").write_bytes(raw)
    assert told(cli, "a.pgm") == []
    assert (tmp_path / "a-max.pgm").read_bytes().startswith(b"P5\n# first\n# second\n4 3\n255\n")
    assert told(cli, "a.pgm", "--to", "png") == ["comment"]


# With libraries ------------------------------------------------------------------------------


def exr_with_private_attribute(path):
    library = pytest.importorskip("OpenEXR", reason="OpenEXR is not installed")
    header = {"compression": library.ZIP_COMPRESSION, "type": library.scanlineimage, "owner": "me"}
    library.File(header, {"Y": PIXELS.astype("f4")}).write(str(path))
    raw = path.read_bytes()
    attribute = b"teSt\0private\0" + struct.pack("<I", 4) + b"data"
    table = next(at for at in range(len(raw)) if raw[at : at + 8] == struct.pack("<Q", at + 8))
    moved = struct.pack("<Q", table + 8 + len(attribute))
    raw = raw[:table] + moved + raw[table + 8 :]
    path.write_bytes(inserted(raw, raw.index(b"owner\0"), attribute))


@pytest.mark.complete
def test_attributes_of_exr_of_unknown_types_are_carried(cli, tmp_path):
    exr_with_private_attribute(tmp_path / "a.exr")
    assert told(cli, "a.exr") == []
    assert b"teSt\0private\0" in (tmp_path / "a-max.exr").read_bytes()
    assert told(cli, "a.exr", "--to", "npz") == ["header"]


@pytest.mark.complete
def test_the_screen_of_exr(cli, tmp_path):
    library = pytest.importorskip("OpenEXR", reason="OpenEXR is not installed")
    header = {"compression": library.ZIP_COMPRESSION, "type": library.scanlineimage}
    header["screenWindowWidth"] = 2.0
    library.File(header, {"Y": PIXELS.astype("f4")}).write(str(tmp_path / "a.exr"))
    assert_named(cli, "a.exr", "screenWindowWidth")


def _committed_type(file):
    file["teSt"] = np.dtype("f4")


def _empty_group(file):
    file.create_group("teSt")


def _reference(file):
    file["a"].attrs["teSt"] = file["a"].ref


def _reference_of_root(file):
    file.attrs["teSt"] = file["a"].ref


def _soft_link(file):
    file["teSt"] = pytest.importorskip("h5py").SoftLink("/a")


def _second_path(file):
    file["teSt"] = file["a"]


def _scale_of_texts(file):
    file["teSt"] = np.array([b"a", b"b", b"c", b"d", b"e", b"f"])
    file["teSt"].make_scale("teSt")
    file["a"].dims[0].attach_scale(file["teSt"])


def _attributes_of_a_group_of_others(file):
    file["teSt/scalar"] = 3
    file["teSt"].attrs["title"] = "a title"


def _time(file):
    h5py = pytest.importorskip("h5py")
    space = h5py.h5s.create(h5py.h5s.SCALAR)
    h5py.h5a.create(file["a"].id, b"teSt", h5py.h5t.UNIX_D32LE, space)  # which NumPy lacks


PARTS = [
    _time,
    *(_committed_type, _empty_group, _reference, _reference_of_root, _soft_link, _second_path),
    *(_scale_of_texts, _attributes_of_a_group_of_others),
]


@pytest.mark.complete
@pytest.mark.parametrize("add", PARTS)
def test_objects_of_hdf5(cli, tmp_path, add):
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a"] = PIXELS
        add(file)
    assert_named(cli, "a.h5", "teSt")


@pytest.mark.complete
def test_a_block_of_the_user_before_hdf5(cli, tmp_path):
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    with h5py.File(tmp_path / "a.h5", "w", userblock_size=512) as file:
        file["a"] = PIXELS
    assert_named(cli, "a.h5", "user block")


@pytest.mark.complete
@pytest.mark.filterwarnings("ignore:Object at:UserWarning")  # as poolcli.io.zarr.source does
@pytest.mark.parametrize("version", [2, 3])
def test_what_lies_in_a_zarr_store(cli, tmp_path, version):
    zarr = pytest.importorskip("zarr", reason="zarr is not installed")
    group = zarr.open_group(str(tmp_path / "a.zarr"), mode="w", zarr_format=version)
    group.create_array("a", shape=PIXELS.shape, dtype="u1")[...] = PIXELS
    assert told(cli, "a.zarr") == []
    group.create_group("teSt").attrs["a"] = 1
    (tmp_path / "a.zarr" / "README.md").write_text("read me")
    assert_named(cli, "a.zarr", "teSt")
    assert_named(cli, "a.zarr", "file README.md")


@pytest.mark.complete
@pytest.mark.parametrize("version", [2, 3])
def test_what_lies_beside_an_image_of_ome(cli, tmp_path, version):
    zarr = pytest.importorskip("zarr", reason="zarr is not installed")
    group = zarr.open_group(str(tmp_path / "a.zarr"), mode="w", zarr_format=version)
    for name in ("0", "1", "teSt"):
        group.create_array(name, shape=PIXELS.shape, dtype="u1")[...] = PIXELS
    scale = [{"type": "scale", "scale": [1, 1]}]
    levels = [{"path": name, "coordinateTransformations": scale} for name in "01"]
    axes = [{"name": name, "type": "space"} for name in "yx"]
    image = {"version": "0.4", "axes": axes, "datasets": levels}
    group.attrs.update({"multiscales": [image]})
    assert_named(cli, "a.zarr", "teSt")
    assert told(cli, "a.zarr") == ["further data (teSt)"]  # not the levels
