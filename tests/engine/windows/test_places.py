"""Fractional windows, pyramids, boxes and RoiAlign: against frameworks' numbers, slow twins, laws, and bad boxes."""

import json
import pickle

import nasty
import numpy as np
import pytest
import twin
import twin_places
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import poolcli
from poolcli.engine.backend.tasks import Load, cut
from poolcli.engine.reducers.gathers import uniform
from poolcli.engine.windows.regions import Regions
from poolcli.engine.windows.sliding import Sliding
from poolcli.maps.feature_map import Form
from poolcli.maps.frame import Frame
from poolcli.pipeline.parser import parse, step
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import WINDOW_KINDS

REDUCERS = [name for name, op in OPS.items() if op.windows == WINDOW_KINDS and name in twin.REDUCERS]
NINE, SQUARE = np.arange(49.0).reshape(7, 7), np.arange(16.0).reshape(4, 4)
GOLDEN = [[8, 11, 13], [22, 25, 27], [43, 46, 48]]
BOXES = [
    [0, 0, 0, 6, 8],
    [1, 1.5, 2.5, 4.5, 3.5],
    [1, -3, -2, 2, 4],  # cells that lie outside the map
    [0, 5, 7, 30, 40],
    [0, 3, 3, 3, 3],  # a pixel, cut into cells that share it
    [1, 0.4, 0.6, 0.4, 7],
]


def arrays():
    """Maps of 2 images of 3 channels, 9 x 7, without values below zero."""
    x = nasty.scrambled((2, 3, 9, 7), np.int64)
    spoilt = (x + 50).astype(np.float32) / 7
    spoilt[0, 1, 4, 3] = np.nan
    return {
        "float32": spoilt,
        "uint8": (x + 50).astype(np.uint8),
        "int64": x + 50,
        "bool": x % 3 == 0,
    }


def same(result, expected, x, op):
    """Equal, but for what the precision of the result leaves."""
    assert result.shape == expected.shape
    if step(op, {}).keeps:
        assert result.dtype == x.dtype
        np.testing.assert_array_equal(result, expected)
    else:
        np.testing.assert_allclose(result, expected, rtol=2e-6, atol=2e-5)


# Fractional -------------------------------------------------------------------------------------------------------


def test_fractional_golden():
    assert poolcli.pool(NINE, "max", kernel=2, fractional=3, samples=(0.8, 0.3)).tolist() == GOLDEN
    samples = np.array([[[0.3, 0.8]]])  # PyTorch's order: width before height
    assert poolcli.pool(
        NINE[None, None], "max", kernel=2, fractional=3, samples=samples
    ).tolist() == [[GOLDEN]]


@pytest.mark.parametrize("name", arrays())
@pytest.mark.parametrize("op", REDUCERS)
def test_fractional_agrees_with_its_twin(op, name):
    x = arrays()[name]
    for kernel, cells, u in [
        ((2, 3), (4, 5), (0.25, 0.75)),
        ((3, 1), (1, 7), (0.0, 0.9375)),
        ((9, 7), (1, 1), (0, 0)),
    ]:
        result = poolcli.pool(x, op, kernel=kernel, fractional=cells, samples=u)
        numbers = dict.fromkeys(np.ndindex(2, 3), u)
        same(result, twin_places.pool_fractional(x, op, kernel, cells, numbers), x, op)


@pytest.mark.parametrize("op", REDUCERS)
def test_fractional_draws_for_each_plane(op):
    x = arrays()["float32"]
    drawn = uniform(5, np.arange(6), np.arange(2)).reshape(2, 3, 2).tolist()
    numbers = {(n, c): drawn[n][c] for n, c in np.ndindex(2, 3)}
    own = {"seed": 5} if op == "stochastic" else {}
    result = poolcli.pool(x, op, kernel=2, fractional=4, seed=5)
    same(result, twin_places.pool_fractional(x, op, (2, 2), (4, 4), numbers, **own), x, op)


@given(
    st.integers(1, 12),
    st.integers(1, 5),
    st.integers(0, 9),
    st.integers(0, 4095).map(lambda n: n / 4096),
)
def test_fractional_windows_stay_inside_and_reach_both_ends(cells, kernel, spare, u):
    length = cells + kernel - 1 + spare
    windows = poolcli.pool(
        np.arange(float(length)), "min", kernel=kernel, fractional=cells, samples=u
    )
    assert windows[-1] == length - kernel
    assert (np.diff(windows) >= 1).all()
    assert windows[0] == (0 if cells > 1 else length - kernel)


def test_fractional_seeds_are_repeatable_and_differ():
    x = nasty.scrambled((1, 8, 40, 40), np.float32)
    first, again, other = (poolcli.pool(x, "min", fractional=17, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    same_planes = np.broadcast_to(x[:, :1], x.shape)
    assert (
        poolcli.pool(same_planes, "min", fractional=17)
        != poolcli.pool(same_planes, "min", fractional=17)[:, :1]
    ).any()


def test_fractional_does_not_depend_on_jobs(cli, tmp_path):
    for number in range(4):
        np.save(tmp_path / f"{number}.npy", nasty.scrambled((3, 30, 31), np.float32) + number)
    for jobs in (1, 4):
        words = ["--fractional", "13x11", "--seed", 3, "-j", jobs, "-o", f"out{jobs}/"]
        assert cli("avg", *words, *(f"{number}.npy" for number in range(4))).code == 0
    for number in range(4):
        assert (tmp_path / f"out1/{number}.npy").read_bytes() == (
            tmp_path / f"out4/{number}.npy"
        ).read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--fractional", 7, "-k", 2], 1, "axis H has 7: use at most 6 cells"),
        (["--fractional", 1, "-k", 9], 1, "use a kernel of at most 7"),
        (["--fractional", "2x2x2"], 1, "--fractional has 3 numbers"),
        (["--fractional", 3, "--samples", ".1x.2x.3"], 1, "--samples has 3 numbers"),
        (["--fractional", 3, "--samples", "1"], 2, "from 0 up to but not 1"),
        (["--fractional", 3, "--samples", "x"], 2, "from 0 up to but not 1"),
        (["--fractional", 3, "--seed", "-1"], 2, "whole number from 0 up"),
        (["--samples", ".3"], 2, "--samples belongs to --fractional"),
        (["--fractional", 3, "--adaptive", 3], 2, "two kinds of windows"),
    ],
)
def test_fractional_that_does_not_fit(cli, tmp_path, words, code, message):
    np.save(tmp_path / "x.npy", NINE)
    ran = cli("max", *words, "x.npy", "-o", "y.npy")
    assert (ran.code, (tmp_path / "y.npy").exists()) == (code, False)
    assert message in ran.text + ran.err


# Pyramid ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", arrays())
@pytest.mark.parametrize("op", REDUCERS)
def test_pyramid_agrees_with_its_twin(op, name):
    x = arrays()[name]
    result = poolcli.pool(x, op, levels=(1, 2, 4))
    same(result, twin_places.pool_pyramid(x, op, (1, 2, 4), 2), x, op)


@pytest.mark.parametrize(("layout", "sizes"), [("L", 1), ("HW", 2), ("DHW", 3)])
def test_pyramid_always_has_as_many_cells(layout, sizes):
    space = (11, 13, 5)[:sizes]
    cells = sum(n**sizes for n in (1, 2, 4))
    for lead, letters, shape in [
        ((), "", (cells,)),
        ((3,), "C", (3 * cells,)),
        ((2, 3), "NC", (2, 3 * cells)),
    ]:
        x = np.ones((*lead, *space), np.float32)
        assert poolcli.pool(x, "avg", levels="1,2,4", layout=letters + layout).shape == shape
        form = Form(x.shape, x.dtype, letters + layout)
        stage = parse("avg --levels 1,2,4").plan(form)[-1]
        assert (stage.output.shape, stage.output.layout) == (
            shape,
            "NC" if len(shape) == 2 else "C",
        )


def test_pyramid_of_one_level_is_flat():
    x = nasty.scrambled((2, 3, 9, 7), np.float32)
    np.testing.assert_array_equal(
        poolcli.pool(x, "avg", levels=1), poolcli.pool(x, "avg", global_=True).reshape(2, 3)
    )
    turned = poolcli.pool(x.transpose(2, 3, 1, 0), "avg", levels=(1, 3), layout="HWCN")
    np.testing.assert_array_equal(turned, poolcli.pool(x, "avg", levels=(1, 3)).T)


def test_nothing_is_pooled_after_a_pyramid(cli, tmp_path):
    np.save(tmp_path / "x.npy", NINE)
    ran = cli("run", "max --levels 1,2 | avg", "x.npy", "-o", "y.npy")
    assert (ran.code, (tmp_path / "y.npy").exists()) == (1, False)
    assert "step 2 (avg -k 2): the map has no spatial axis left" in ran.text + ran.err
    ran = cli("shape", "max --levels 1,2 | avg --adaptive 2", "--input", "7x7")
    assert ran.code == 2
    assert "no spatial axis left" in ran.err


def test_pyramid_of_an_image_is_an_array(cli, photo, tmp_path):
    ran = cli("max", "--levels", "1,2", "photo.png")
    assert ran.code == 1
    assert "has no height and width, which an image needs: write .npy" in ran.text + ran.err
    assert not (tmp_path / "photo-max.png").exists()
    ran = cli("max", "--levels", "1,2", "photo.png", "-o", "y.npy", "--report", "json")
    assert json.loads(ran.text)
    expected = poolcli.pool(photo, "max", levels=(1, 2), layout="HWC")
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), expected)


def test_alpha_stays_beside_its_colours(cli, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 6, 4), np.uint8)
    pixels[..., 3] = 255
    Image.fromarray(pixels).save(tmp_path / "x.png")
    boxes = [[0, 0, 3, 3], [1, 1, 5, 7]]
    for words, options in [
        (["--levels", "1,2"], {"levels": (1, 2)}),
        (["--boxes", boxes, "--output-size", 2], {"boxes": boxes, "output_size": 2}),
    ]:
        assert cli("avg", *words, "x.png", "-o", "y.npy", "--overwrite").code == 0
        expected = poolcli.pool(pixels.transpose(2, 0, 1), "avg", dtype="uint8", **options)
        np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), expected)


# Boxes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("box", "size", "want"),
    [
        ([0, 0, 3, 3], 2, [[5, 7], [13, 15]]),
        ([1, 1, 3, 3], 2, [[10, 11], [14, 15]]),  # cells overlap
        ([1.5, 1.5, 2.5, 2.5], 1, [[15]]),  # half away from zero
        ([-0.5, 0.5, 0.5, 0.5], 1, [[5]]),
        ([2, 2, 2, 2], 3, [[10] * 3] * 3),
        (
            [2, 2, 5, 5],
            4,
            [[10, 11, 0, 0], [14, 15, 0, 0], [0] * 4, [0] * 4],
        ),  # what is outside is empty: 0
    ],
)
def test_boxes_golden(box, size, want):
    assert poolcli.pool(SQUARE, "max", boxes=[box], output_size=size).tolist() == [want]


@pytest.mark.parametrize("name", arrays())
@pytest.mark.parametrize("op", REDUCERS)
def test_boxes_agree_with_their_twin(op, name):
    x = arrays()[name]
    result = poolcli.pool(x, op, boxes=BOXES, output_size=(3, 2))
    same(result, twin_places.pool_boxes(x, op, BOXES, (3, 2)), x, op)
    result = poolcli.pool(x, op, boxes=BOXES[:2], output_size=4, spatial_scale=0.75)
    same(result, twin_places.pool_boxes(x, op, BOXES[:2], (4, 4), 0.75), x, op)


@pytest.mark.parametrize("op", ["max", "avg", "median"])
def test_boxes_with_masks(op):
    x = arrays()["float32"].round()
    for rules in (
        {"nan": "ignore"},
        {"nodata": 7},
        {"nodata": 7, "nan": "ignore", "min_valid": 0.5},
    ):
        result = poolcli.pool(x, op, boxes=BOXES, output_size=3, **rules)
        expected = twin_places.pool_boxes(x, op, BOXES, (3, 3), **rules)
        np.testing.assert_allclose(result, expected, rtol=1e-6)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 5), st.integers(1, 5))
def test_a_box_that_is_the_map_is_adaptive(height, width, rows, columns):
    x = nasty.scrambled((2, height, width), np.float32)
    result = poolcli.pool(
        x, "avg", boxes=[[0, 0, width - 1, height - 1]], output_size=(rows, columns)
    )
    np.testing.assert_allclose(
        result[0], poolcli.pool(x, "avg", adaptive=(rows, columns)), rtol=1e-6, atol=1e-5
    )


FILES = {
    "boxes.csv": "x1,y1,x2,y2\n0,0,3,3\n1,1,2.5,3\n",
    "spaced.csv": "\ufeffx2, y2, x1, y1, name\r\n3, 3, 0, 0, cat\r\n\r\n2.5, 3, 1, 1, dog\r\n",
    "index.csv": "batch,x1,y1,x2,y2\n0,0,0,3,3\n0,1,1,2.5,3\n",
    "lists.json": "[[0, 0, 3, 3], [1, 1, 2.5, 3]]",
    "objects.json": '[{"x1": 0, "y1": 0, "x2": 3, "y2": 3}, {"y2": 3, "x2": 2.5, "y1": 1, "x1": 1}]',
    "boxes.json": '{"boxes": [[0, 0, 0, 3, 3], [0, 1, 1, 2.5, 3]]}',
}


@pytest.mark.parametrize("command", ["max", "roi-align"])
def test_boxes_from_files(cli, tmp_path, command):
    np.save(tmp_path / "x.npy", SQUARE)
    np.save(tmp_path / "boxes.npy", np.array([[0, 0, 3, 3], [1, 1, 2.5, 3]]))
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text.encode())
    want = poolcli.pool(SQUARE, command, boxes=[[0, 0, 3, 3], [1, 1, 2.5, 3]], output_size=2)
    for name in [*FILES, "boxes.npy"]:
        ran = cli(
            command, "--boxes", name, "--output-size", 2, "x.npy", "-o", "y.npy", "--overwrite"
        )
        assert ran.code == 0, ran.text + ran.err
        np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), want)


BAD = {
    # text of the file, exit code, what the line says
    "": (2, "is empty"),
    "\n\n": (2, "is empty"),
    "x1,y1,x2,y2\n": (2, "holds no box"),
    "[]": (2, "holds no box"),
    "x1,y1,x2\n0,0,1\n": (2, "has no column y2"),
    "0,0,3,3\n": (2, "has no column x1"),
    "x1,y1,x2,y2\n0,0,1\n": (2, "a row of 3 columns"),
    "x1,y1,x2,y2\n0,0,cat,3\n": (2, 'box 1 is ["0", "0", "cat", "3"]'),
    "x1,y1,x2,y2\n0,0,nan,3\n": (2, "is not finite"),
    "[[0,0,1,Infinity]]": (2, "is not finite"),
    "[[0,0,1]]": (2, "has the shape 1x3"),
    "[0,0,1,1]": (2, "has the shape 4"),
    "[[0,0,1,1],[0,0,1]]": (2, "box 2 is [0, 0, 1]"),
    "[[0,0,1,null]]": (2, "is not finite"),
    '[{"x1": 0}]': (2, "has no column y1"),
    '{"rois": []}': (2, 'without "boxes"'),
    "[[0,0,": (2, "is not JSON"),
    "[[3,0,1,1]]": (2, "box 1 (3,0,1,1) has its corners swapped"),
    "[[0,0,1,1],[0,3,1,1]]": (2, "box 2 (0,3,1,1) has its corners swapped"),
    "[[-1,0,0,1,1]]": (2, "has an index that is no whole number"),
    "[[0.5,0,0,1,1]]": (2, "has an index that is no whole number"),
    "[[2,0,0,1,1]]": (1, "box 1 (0,0,1,1) is of image 2, and the batch has 2"),
    "[[0,0,1,1]]": (1, "no index column, and the batch 2 images"),
    "[[1,0,0,1,1],[1,4,0,9,9]]": (
        1,
        "box 2 (4,0,9,9) is outside the map, which is 4 wide and 4 high",
    ),
    "[[1,0,-9,1,-4]]": (1, "is outside the map"),
}


@pytest.mark.parametrize("command", ["max", "roi-align"])
@pytest.mark.parametrize("text", BAD)
def test_bad_boxes(cli, tmp_path, command, text):
    code, message = BAD[text]
    (tmp_path / "boxes.txt").write_text(text)
    np.save(tmp_path / "x.npy", np.stack([SQUARE, SQUARE])[:, None])
    if command == "roi-align":
        message = message.replace("4,0,9,9", "4.5,0,9,9")
        (tmp_path / "boxes.txt").write_text(text.replace("4,0,9,9", "4.5,0,9,9"))
    ran = cli(command, "--boxes", "boxes.txt", "--output-size", 2, "x.npy", "-o", "y.npy")
    assert (ran.code, (tmp_path / "y.npy").exists()) == (code, False)
    said = ran.text + ran.err
    assert message in said
    assert code == 1 or len(said.splitlines()) == 1


@pytest.mark.parametrize("command", ["max", "roi-align"])
def test_boxes_that_cannot_be_read(cli, tmp_path, command):
    np.save(tmp_path / "x.npy", np.ones((3, 4, 5)))
    np.save(tmp_path / "boxes.npy", np.ones(3))
    (tmp_path / "noise").write_bytes(b"\xff\xfe\x00\x80")
    for words, message in [
        (["--boxes", "missing.csv", "--output-size", 2], "No such file"),
        (["--boxes", "boxes.npy", "--output-size", 2], "has the shape 3"),
        (["--boxes", "noise", "--output-size", 2], "neither CSV, JSON nor .npy"),
        (["--boxes", "[[0,0,1,1]]"], "needs --output-size"),
        (
            ["--boxes", "[[0,0,1,1]]", "--output-size", 2, "--spatial-scale", 0],
            "takes a number above 0",
        ),
    ]:
        ran = cli(command, *words, "x.npy", "-o", "y.npy")
        assert (ran.code, (tmp_path / "y.npy").exists()) == (2, False)
        assert message in ran.err
    ran = cli(
        command,
        "--boxes",
        "[[0,0,1,1]]",
        "--output-size",
        2,
        "--layout",
        "DHW",
        "x.npy",
        "-o",
        "y.npy",
    )
    assert ran.code == 1
    assert "boxes lie on height and width" in ran.text + ran.err


def test_boxes_print_parse_and_pickle(tmp_path):
    (tmp_path / "my boxes.csv").write_text(FILES["boxes.csv"])
    for boxes in (
        str(tmp_path / "my boxes.csv"),
        [[0, 0, 3, 3], [1, 1, 2.5, 3]],
        np.array([[0, 0, 1, 1]]),
    ):
        one = step("avg", {"boxes": boxes, "output_size": 2})
        assert parse(str(one)).steps == (one,)
        again = pickle.loads(pickle.dumps(one))
        assert (again, hash(again)) == (one, hash(one))


# RoiAlign ---------------------------------------------------------------------------------------------------------

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


# All --------------------------------------------------------------------------------------------------------------

PLACES = [
    {"kernel": 2, "fractional": (4, 3)},
    {"levels": (1, 2)},
    {"boxes": BOXES, "output_size": 2},
]


@pytest.mark.parametrize("options", PLACES, ids=lambda options: next(iter(options)))
@pytest.mark.parametrize(
    "op", [*(name for name, op in OPS.items() if op.windows == WINDOW_KINDS), "roi-align"]
)
def test_plans_what_it_runs_whatever_the_memory(op, options):
    if op == "roi-align" and "boxes" not in options:
        pytest.skip("takes boxes only")
    for name, x in arrays().items():
        before = x.copy()
        result = poolcli.pool(x, op, **options)
        stage = parse(str(step(op, options))).plan(Form(x.shape, x.dtype, "NCHW"))[-1]
        assert (stage.output.shape, stage.output.dtype) == (result.shape, result.dtype), name
        turned = np.ascontiguousarray(x.transpose(3, 1, 2, 0)).transpose(3, 1, 2, 0)
        np.testing.assert_array_equal(poolcli.pool(turned, op, **options), result)
        np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("options", PLACES, ids=lambda options: next(iter(options)))
def test_through_the_command_line(cli, tmp_path, options):
    x = arrays()["float32"]
    np.save(tmp_path / "x.npy", x)
    flags = str(step("lse", options)).replace("'", "").split()
    assert cli(*flags, "x.npy", "-o", "y.npy").code == 0
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), poolcli.pool(x, "lse", **options))
    assert cli("shape", str(step("lse", options)), "x.npy").code == 0


def test_an_empty_batch_stays_empty():
    x = np.ones((0, 3, 9, 7), np.float32)
    assert poolcli.pool(x, "avg", fractional=3).shape == (0, 3, 3, 3)
    assert poolcli.pool(x, "avg", levels=(1, 2)).shape == (0, 15)
    with pytest.raises(poolcli.ShapeError, match="the batch has 0"):
        poolcli.pool(x, "avg", boxes=[[0, 0, 1, 1]], output_size=2)


def test_a_box_is_all_that_is_read_of_a_map():
    patch = (
        Regions(np.array([[30.0, 10, 40, 20]]), (2,))
        .on(Frame(None, None, (100, 200)))
        .grids[0]
    )
    tasks = cut(np.empty((100, 200)), patch.grid.axes, Load(8, 8, 1, 160_000))
    assert [task.source for task in tasks] == [(slice(10, 21), slice(30, 41))]


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("lead", [(5, 7), (1000, 3), (3, 1000), (2, 0), (0, 2), (9,), ()])
def test_small_planes_are_worked_on_together(monkeypatch, lead, threads):
    """Every plane once, and as many at once as a block holds, over the batch, too."""
    monkeypatch.setattr("poolcli.resources.threads.threads", threads)
    monkeypatch.setattr("poolcli.engine.backend.tasks.BLOCK", 100 * 64 * 8)
    x = np.zeros((*lead, 8, 8))
    grid = Sliding().grid((8, 8))
    tasks = cut(x, grid.axes, Load(8, 8, 1, x.size * 8))
    for task in tasks:
        x[task.source] += 1
    assert (x == 1).all()
    assert len(tasks) <= 2 * (-(-x.size // (100 * 64)) + threads)
