"""Whatever is wrong with a request or a file is said in one line with a cure; nothing is written, nothing is harmed."""

import io
import os
import resource
import struct
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pytest
from handmade import chunk, npy, npy_header, png
from PIL import Image


@pytest.fixture
def refused(cli, tmp_path):
    """Run, and hold what every refusal owes: one line that says all of `said`, and every file as it was."""

    def run(words, code, *said, stdin=b""):
        before = tree(tmp_path)
        ran = cli(*(words.split() if isinstance(words, str) else words), stdin=stdin)
        assert ran.code == code, ran.err
        assert ran.err.startswith("Error: ")
        assert ran.err.count("\n") == 1
        assert ran.out == b""
        for part in said:
            assert part in ran.err
        assert tree(tmp_path) == before

    return run


def tree(folder):
    """Everything in a folder: names, and what the files hold."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def size(path):
    with Image.open(path) as opened:
        return opened.size


@pytest.fixture
def x(tmp_path):
    """An NCHW map with a NaN in it."""
    data = np.random.default_rng(0).random((2, 3, 4, 5), np.float32)
    data[0, 0, 0, 0] = np.nan
    np.save(tmp_path / "x.npy", data)
    return data


# ---- windows


SIZES = "a size is a whole number from 1 up"


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ("-k 0", 2, ["max: --kernel 0", SIZES]),
        ("-k -1", 2, ["max: --kernel -1", SIZES]),
        ("-k 2x0", 2, ["max: --kernel 2x0", SIZES]),
        ("-k 1.5", 2, ["max: --kernel 1.5", SIZES]),
        ("-k x", 2, ["max: --kernel x", SIZES]),
        ("-s 0", 2, ["max: --stride 0", SIZES]),
        ("-d 0", 2, ["max: --dilation 0", SIZES]),
        ("--adaptive 0", 2, ["max: --adaptive 0", SIZES]),
        ("-p -1", 2, ["max: --padding -1", "padding is 1, one for each axis"]),
        ("-p 1:2:3", 2, ["max: --padding 1:2:3", "begin:end"]),
        (
            "-k 13",
            1,
            [
                "photo.png: max -k 13",
                "axis H, which is 12 long",
                "of at most 12",
                "input 12x16x3 HWC",
            ],
        ),
        ("-k 2x17", 1, ["photo.png: max -k 2x17", "axis W, which is 16 long", "of at most 16"]),
        ("-k 15 -p 1", 1, ["max -k 15 -p 1", "12 long padded by 1:1", "of at most 14"]),
        ("-k 5 -d 4", 1, ["max -k 5 -d 4", "(dilated to 17)", "of at most 3"]),
        (
            "-k 2x2x2",
            1,
            ["photo.png: max -k 2x2x2", "3 numbers", "2 spatial axes (HxW): give one, or 2"],
        ),
        ("-k 2 -s 1x1x1", 1, ["--stride has 3 numbers", "give one, or 2"]),
        ("-p 1x1x1", 1, ["--padding has 3 numbers", "give one, or 2"]),
        ("--adaptive 1x2x3", 1, ["--adaptive has 3 numbers", "give one, or 2"]),
        (
            "-k 2 -p 2",
            1,
            [
                "photo.png: max -k 2 -p 2",
                "padding 2:2",
                "without a pixel",
                "axis H, which is 12 long",
            ],
        ),
        ("-k 2 -p 0:4", 1, ["padding 0:4", "without a pixel", "input 12x16x3 HWC"]),
    ],
)
def test_windows_that_do_not_fit(refused, photo, options, code, said):
    refused(f"max {options} photo.png", code, *said)


def test_a_step_of_a_pipeline(refused, x):
    refused(
        ["run", "max -k 2 | avg -k 3", "x.npy"],
        1,
        "x.npy: step 2 (avg -k 3)",
        "input 2x3x2x2 NCHW",
        "of at most 2",
    )


# ---- layouts and values


@pytest.mark.parametrize(
    ("layout", "code", "said"),
    [
        ("NCHQ", 2, ["'NCHQ' has unknown letters (Q)", "such as NCHW"]),
        ("NHWH", 2, ["'NHWH' names an axis twice", "at most once"]),
        ("NC", 2, ["'NC' has no axis to pool", "such as NCHW"]),
        ("NCLW", 2, ["mixes L", "such as NCHW"]),
        ("HWC", 1, ["x.npy: ", "HWC names 3 axes, the array has 4"]),
    ],
)
def test_layouts(refused, x, layout, code, said):
    refused(f"max --layout {layout} x.npy", code, *said)


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (
            "max x.npy --dtype uint8",
            1,
            ["x.npy: max -k 2", "NaN, which uint8 cannot hold: give", "input 2x3x4x5 NCHW"],
        ),
        ("avg x.npy --dtype int64", 1, ["NaN, which int64 cannot hold"]),
        ("max x.npy --dtype complex64", 2, ["max: --dtype complex64: takes bool"]),
        (
            "max photo.png --nodata 256",
            1,
            ["photo.png: max -k 2", "--nodata 256 is no uint8 value (0 to 255)"],
        ),
        ("max photo.png --nodata -1", 1, ["--nodata -1 is no uint8 value (0 to 255)"]),
        ("max photo.png --nodata .5", 1, ["--nodata 0.5 is no uint8 value"]),
        ("max photo.png --nodata nan", 1, ["--nodata nan is no uint8 value"]),
        ("max photo.png --nodata none", 2, ["max: --nodata none: takes a number"]),
        (
            "avg x.npy --linear",
            1,
            ["x.npy: avg -k 2 --linear", "is for sRGB images", "leave it out"],
        ),
        (f"max x.npy --nodata {10**400}", 2, ["takes a number"]),
        (f"avg x.npy --divisor {10**400}", 2, ["takes a number above 0"]),
        ("lp --norm 0 x.npy", 2, ["lp: --norm 0: takes a number above 0"]),
        ("mixed --alpha 1.5 x.npy", 2, ["mixed: --alpha 1.5: takes a number from 0 to 1"]),
        ("lse --sharpness nan x.npy", 2, ["lse: --sharpness nan: takes a number other than 0"]),
    ],
)
def test_values(refused, photo, x, command, code, said):
    refused(command, code, *said)


# ---- files


def image(kind, mode="RGB", **options):
    stream = io.BytesIO()
    values = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    Image.fromarray(values).convert(mode).save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF", "BMP", "PPM", "WEBP"])
def test_truncated_images(refused, tmp_path, kind):
    raw = image(kind)
    (tmp_path / "cut").write_bytes(raw[: len(raw) // 2])
    refused("max cut", 1, "cut: the image is cut short or damaged", "save or download it again")


@pytest.mark.parametrize("name", ["a.png", "a.npy", "a.npz", "a"])
def test_empty_files(refused, tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    refused(f"max {name}", 1, f"{name}: the file is empty")


@pytest.mark.parametrize("name", ["a.png", "a.npy", "a.npz", "a.tif"])
def test_mislabelled_files(refused, tmp_path, name):
    (tmp_path / name).write_text(
        "this is a letter to my aunt, who likes neither pictures nor numbers"
    )
    refused(f"max {name}", 1, f"{name}: ", "neither an array (.npy, .npz) nor an image")


@pytest.mark.parametrize(("name", "kind"), [("a.jpg", "PNG"), ("a.npy", "JPEG"), ("a.txt", "TIFF")])
def test_a_wrong_suffix_alone_does_no_harm(cli, tmp_path, name, kind):
    (tmp_path / name).write_bytes(image(kind))
    assert cli("max", name, "-o", "b.png").code == 0
    assert size(tmp_path / "b.png") == (25, 20)


ARRAYS = [
    (np.array([1, {}], object), "pickled Python objects, which are never loaded: save it as"),
    (np.ones((4, 4), complex), "complex numbers, which have no order: save"),
    (np.array(["a", "b"]), "text: save numbers"),
    (np.array([b"a", b"b"]), "text: save numbers"),
    (np.zeros((0, 3, 4, 4)), "shape 0x3x4x4 has no values"),
    (np.zeros((4, 0)), "shape 4x0 has no values"),
    (np.float32(3), "a single number (0 axes) has nothing to pool: give it at least one axis"),
    (np.zeros((1,) * 6), "6 axes has no usual layout (1 to 5 axes do): reshape it"),
    (np.zeros(4, "M8[D]"), "dates: save them as numbers"),
    (np.zeros(4, [("a", "i4")]), "records of several fields: save one field"),
]


@pytest.mark.parametrize(("data", "said"), ARRAYS)
@pytest.mark.parametrize("command", ["max", "info", "shape max", "max --dry-run"])
def test_arrays_that_cannot_be_pooled(refused, tmp_path, command, data, said):
    (tmp_path / "a.npy").write_bytes(npy(data, allow_pickle=True))
    refused(f"{command} a.npy", 1, "a.npy: ", said)


@pytest.mark.parametrize(("data", "said"), ARRAYS)
def test_arrays_of_an_archive(refused, tmp_path, data, said):
    np.savez(tmp_path / "a.npz", good=np.ones((4, 4)), bad=data)
    refused("max a.npz", 1, "a.npz: array 'bad'", said)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            npy(np.ones((9, 9)))[:-1],
            ["9x9 float64, 648 bytes, the file holds 647", "save it again"],
        ),
        (npy(np.ones((9, 9)))[:50], ["header is damaged: save it again"]),
        (b"\x93NUMPY", ["header is damaged: save it again"]),
        (
            npy_header(
                "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }\n", b"1234"
            ),
            [
                "claims 1000000x1000000 float64, 8000000000000 bytes, the file holds 4",
                "save it again",
            ],
        ),
        (
            npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 4), }\n", bytes(99)),
            ["no proper shape"],
        ),
        (npy_header("__import__('os').mkdir('hacked')"), ["header is damaged"]),
    ],
)
def test_headers_that_lie(refused, tmp_path, raw, said):
    (tmp_path / "a.npy").write_bytes(raw)
    refused("max a.npy", 1, "a.npy: ", *said)


def test_a_decompression_bomb(refused, tmp_path):
    (tmp_path / "bomb.png").write_bytes(png(60_000, 60_000, 8, 2, bytes(1000)))
    for command in ("max", "info", "max --dry-run"):
        refused(
            f"{command} bomb.png",
            1,
            "bomb.png: image size (3600000000 pixels",
            "past the limit of",
            "cut it into",
        )


def test_a_bomb_in_an_archive(refused, tmp_path):
    header = npy_header(
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2000000000,), }", bytes(99)
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", header)
    raw = stream.getvalue()
    size = raw.rindex(b"PK\x01\x02") + 24
    (tmp_path / "a.npz").write_bytes(
        raw[:size] + struct.pack("<I", 2_100_000_000) + raw[size + 4 :]
    )
    refused("max a.npz", 1, "a.npz: array 'a'", "more than the archive holds", "save it again")


def test_a_bomb_in_the_text_of_a_png(refused, tmp_path):
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000)))
    (tmp_path / "a.png").write_bytes(png(4, 4, 8, 0, bytes(20), before=text))
    refused("max a.png", 1, "a.png: ", "save")


# ---- paths


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("max none.png", 1, ["none.png: there is no such file"]),
        ("max photo.png/a.png", 1, ["photo.png/a.png: a part of the path is a file"]),
        ("max none*.png", 3, ["none*.png: no image or array to read", "--include"]),
        ("max empty", 3, ["empty: no image or array to read", "-r looks"]),
        ("info empty", 3, ["empty: no image or array to read"]),
        ("shape max empty", 1, ["empty: it is a folder, not a file: name a file"]),
        ("max photo.png -o photo.png", 1, ["photo.png is there already: --overwrite replaces it"]),
        (
            "max photo.png -o photo.png/a.png",
            1,
            ["photo.png: photo.png is a file, and a folder", "another place"],
        ),
        (
            "max photo.png -o photo.png/a/b.png",
            1,
            ["cannot make the folder photo.png/a: a part of the path is a file"],
        ),
        (
            "max photo.png photo.png/ x.npy -o photo.png",
            2,
            ["photo.png is a file, and many inputs need a folder"],
        ),
        (
            "max photo.png --name empty --overwrite",
            1,
            ["cannot write empty: it is a folder, not a file: name a file"],
        ),
        ("max photo.png -o a.xyz", 2, ["no format '.xyz'"]),
        (
            "max photo.png x.npy -o out --name same.png",
            2,
            ["photo.png and x.npy would both write out/same.png", "{stem}"],
        ),
        ("max photo.png x.npy empty/../photo.png", 2, ["would both write"]),
        ("max x.npy -o new/a.png", 1, ["x.npy: ", "no pixel range: give --scale minmax"]),
        (
            "max x.npy -o new/a.npz --save quality=3",
            2,
            ["npz has no option 'quality'", "compressed"],
        ),
        (
            "max photo.png -o a.jpg --save quality=101",
            2,
            ["quality is a whole number from 1 to 100"],
        ),
        ("max --files-from none", 2, ["--files-from none: there is no such file"]),
        ("max --files-from empty", 2, ["--files-from empty: it is a folder, not a file"]),
        ("max --files-from photo.png", 2, ["--files-from photo.png: it is not UTF-8 text"]),
        ("max --files-from blank", 2, ["give INPUT: files, folders, or - for stdin"]),
        ("run --file none.toml photo.png", 2, ["--file none.toml: there is no such file"]),
        ("run --file photo.png photo.png", 2, ["--file photo.png: it is not UTF-8 text"]),
    ],
)
def test_paths(refused, photo, tmp_path, command, code, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "blank").write_text("\n  \n\n")
    np.save(tmp_path / "x.npy", np.ones((4, 4), np.float32))
    refused(command, code, *said)


@pytest.mark.parametrize("word", ["", "a\0b.png"])
@pytest.mark.parametrize(
    "words",
    [
        ["max", ...],
        ["max", "photo.png", "-o", ...],
        ["max", "photo.png", "--name", ...],
        ["max", "--files-from", ...],
        ["run", "--file", ..., "photo.png"],
        ["shape", "max", ...],
        ["info", ...],
    ],
)
def test_words_that_are_no_path(refused, photo, words, word):
    """An empty word is what an unset variable leaves; it must not stand for the working folder."""
    refused(
        [word if each is ... else each for each in words],
        2,
        repr(word),
        "no path: give the name of a file",
    )


def test_names_that_are_too_long(refused, photo):
    long = "a" * 300
    refused(["max", long], 1, f"{long}: the name is too long: choose a shorter one")
    refused(["max", "photo.png", "-o", long], 1, "the name is too long: choose a shorter one")
    refused(
        ["max", "photo.png", "-o", f"{long}/a.png"], 1, "the name is too long: choose a shorter one"
    )


def test_a_folder_that_is_read_only(refused, photo, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o500)
    if os.access(locked, os.W_OK):
        pytest.skip("this user may write into read-only folders")
    refused(
        "max photo.png -o locked/a.png",
        1,
        "photo.png: cannot write locked/a.png: permission is denied",
        "choose",
    )
    refused(
        "max photo.png -o locked/b/a.png",
        1,
        "cannot make the folder locked/b: permission is denied",
        "choose",
    )


def test_a_failure_leaves_the_output_that_was_there(refused, cli, photo, tmp_path):
    (tmp_path / "bad.png").write_bytes((tmp_path / "photo.png").read_bytes()[:200])
    refused("max bad.png -o photo.png --overwrite", 1, "bad.png: ", "damaged")
    refused(
        "max photo.png --dtype float32 -o photo.png --overwrite", 1, "no pixel range: give --scale"
    )
    assert cli("max", "photo.png", "-o", "photo.png", "--overwrite").code == 0
    assert size(tmp_path / "photo.png") == (8, 6)


# ---- images that do not hold what they are given


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (
            (4, 6),
            ["a.npy: ", "the float32 map has no pixel range: give --scale minmax", "or write .npy"],
        ),
        ((8, 4, 6), ["2x3 (CHW) has 8 channels", "3 (RGB) or 4 (RGBA): write .npy"]),
        ((2, 3, 4, 6), ["2x3x2x3 (NCHW) is no picture", "write .npy"]),
        ((9,), ["shape 4 (L) is no picture", "write .npy"]),
    ],
)
def test_maps_that_are_no_image(refused, tmp_path, shape, said):
    np.save(tmp_path / "a.npy", np.ones(shape, np.float32))
    refused("max a.npy -o a.png", 1, *said)


# ---- recipes


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ("", "one [[step]] table or more"),
        ("step = 1", "one [[step]] table or more"),
        ('[step]\nop = "max"', "one [[step]] table or more"),
        ("[[step]]", 'needs its operation, like op = "max"'),
        ("[[step]]\nop = 3", 'needs its operation, like op = "max"'),
        ('[[step]]\nop = "maxx"', "no operation 'maxx'; did you mean max?"),
        ('[[step]]\nop = "max"\nkernle = 3', "max has no option --kernle; did you mean --kernel?"),
        ('[[step]]\nop = "max"\nkernel = true', f"max: --kernel True: {SIZES}"),
        ('[[step]]\nop = "max"\nkernel = 2.5', f"max: --kernel 2.5: {SIZES}"),
        ('[[step]]\nop = "max"\nkernel = []', f"max: --kernel []: {SIZES}"),
        ('[[step]]\nop = "max"\nkernel = [[3]]', f"max: --kernel [[3]]: {SIZES}"),
        ('[[step]]\nop = "max"\nkernel = {a = 3}', SIZES),
        ('[[step]]\nop = "max"\nkernel = 1979-05-27', SIZES),
        ('[[step]]\nop = "max"\npadding = [[1, 2, 3]]', "padding is 1, one for each axis"),
        ('[[step]]\nop = "max"\npadding = ["same"]', "padding is 1, one for each axis"),
        ('[[step]]\nop = "max"\nnodata = true', "max: --nodata True: takes a number"),
        ('[[step]]\nop = "max"\nnodata = [1]', "max: --nodata [1]: takes a number"),
        ('[[step]]\nop = "lp"\nnorm = true', "lp: --norm True: takes a number above 0"),
        ('[[step]]\nop = "max"\nglobal = 1', "max: --global 1: is a switch: true or false"),
        ('[[step]]\nop = "max"\nround = 3', "max: --round 3: takes half-even, half-up or floor"),
        ('[[step]]\nop = "max"\nglobal = true\nkernel = 3', "two kinds of windows: give one"),
        ('shape = "3x3"\n[[step]]\nop = "max"', "a recipe has no shape"),
        ('input = 3\n[[step]]\nop = "max"', 'input is a shape, like "1x64x112x112"'),
        ('[[step]]\nop = "max"\nkernel = 3\nkernel = 3', "not TOML"),
        ("op: max", "not TOML"),
        ("a = " + "[" * 5000, "not TOML"),
        ("\0", "not TOML"),
    ],
)
def test_recipes(refused, photo, tmp_path, recipe, said):
    (tmp_path / "r.toml").write_text(recipe)
    refused("run --file r.toml photo.png", 2, "r.toml: ", said)


def test_a_recipe_and_a_list_from_windows(cli, photo, tmp_path):
    (tmp_path / "r.toml").write_text('[[step]]\r\nop = "max"\r\n', encoding="utf-8-sig")
    (tmp_path / "list").write_text("photo.png\r\n", encoding="utf-8-sig")
    assert cli("run", "--file", "r.toml", "--files-from", "list").code == 0
    assert (tmp_path / "photo-max.png").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a step is missing"),
        ("max |", "a step is missing"),
        ("max || avg", "a step is missing"),
        ("max -k '3", "no closing quotation"),
        ("max 3", "max takes options, not '3'"),
        ("max -k", "max: -k needs a value"),
        ("max -k 3\n-k", "needs a value"),
        ("median\x1b[31m", "no operation"),
    ],
)
def test_pipelines(refused, photo, text, said):
    refused(["run", text, "photo.png"], 2, said)


# ---- a full disk


def limited(words, folder, limit):
    """Run in a process whose files may not grow past `limit` bytes, as on a disk that fills up."""
    return subprocess.run(
        [sys.executable, "-m", "poolcli", *words],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )


@pytest.mark.parametrize("name", ["a.png", "a.npy", "a.npz", "a.tif"])
def test_a_disk_that_fills_up(tmp_path, name):
    values = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
    Image.fromarray(values).save(tmp_path / "big.png")
    before = tree(tmp_path)
    ran = limited(["max", "big.png", "-o", name], tmp_path, 20_000)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr.startswith(
        f"Error: big.png: cannot write {name}: the file is larger than this disk"
    )
    assert ran.stderr.count("\n") == 1
    assert tree(tmp_path) == before


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")  # noqa: PTH110
@pytest.mark.parametrize(
    "words",
    [
        "max photo.png -o -",
        "max photo.png -o - --report json",
        "max photo.png -o -/",
        "ops",
        "--help",
        "info .",
    ],
)
def test_a_full_disk_behind_stdout(photo, tmp_path, words):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        command = [sys.executable, "-m", "poolcli", *words.split()]
        ran = subprocess.run(
            command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ran.returncode == 1
    assert "the disk is full: free some space" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stderr.count("Error") == 1
