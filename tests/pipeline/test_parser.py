"""Text, TOML and keywords make the same pipelines, and fail with the same sentences."""

import math

import pytest

import poolcli
from poolcli.pipeline.parser import parse, recipe, step

SAME = [
    "max -k 3 -s 2",
    "max -k3 -s2",
    "max --kernel 3 --stride 2",
    "max --kernel=3 --stride=2",
    "max --k 3   --stride '2'",
    "  max -s 2 -k 3  ",
]


@pytest.mark.parametrize("text", SAME)
def test_flags_as_a_shell_writes_them(text):
    assert str(parse(text)) == "max -k 3 -s 2"
    assert parse(text).steps == (step("max", {"kernel": 3, "stride": 2}),)


@pytest.mark.parametrize("text", ["max|avg -k 3", "max -k 2 |avg -k 3", "max| avg -k3"])
def test_steps(text):
    assert str(parse(text)) == "max -k 2 | avg -k 3"


def test_switches():
    assert (
        parse("roi-align --boxes [[0,0,1,1]] --output-size 1 --no-aligned").steps[0]["aligned"]
        is False
    )
    assert parse("max --ceil-mode").steps[0]["ceil_mode"] is True
    assert str(parse("max --ceil-mode --floor-mode")) == "max -k 2"
    assert str(parse("max --ceil-mode=true")) == "max -k 2 --ceil-mode"


def test_semantics_for_the_steps_that_name_none():
    pipeline = parse("avg | fuse avg 'max --semantics onnx'", semantics="torch")
    first, fuse = pipeline.steps
    assert first["semantics"] == "torch"
    assert [branch.steps[0]["semantics"] for branch in fuse["branches"]] == ["torch", "onnx"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a step is missing"),
        ("max |", "a step is missing"),
        ("max || avg", "a step is missing"),
        ("max 3", "max takes options, not '3'"),
        ("max -k", "max: -k needs a value"),
        ("max --kernle 3", "max has no option --kernle; did you mean --kernel?"),
        ("mux", "there is no operation 'mux'; did you mean max?"),
        ("max 'a", "no closing quotation"),
        ("max -k 0", "max: `kernel` 0: a size is"),
    ],
)
def test_wrong_texts(text, message):
    with pytest.raises(poolcli.RequestError) as caught:
        parse(text)
    assert message in str(caught.value)


def test_recipe():
    pipeline, shape = recipe(
        'input = "3x8x8"\n[[step]]\nop = "max"\nkernel = [3, 2]\npadding = [[1, 0], [0, 1]]\n'
        '[[step]]\nop = "fuse"\nbranches = ["max -k 2", "avg"]\n'
        '[[step]]\nop = "avg"\nglobal = true\n'
    )
    assert shape == "3x8x8"
    assert pipeline == parse("max -k 3x2 -p 1:0x0:1 | fuse 'max -k 2' avg | avg --global")
    assert recipe('[[step]]\nop = "pyramid"\nreducer = "avg"')[0] == parse("pyramid --op avg")


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[[step", "not TOML"),
        ("steps = 1", "a recipe has no steps; did you mean step?"),
        ("step = 1", "a recipe has one [[step]] table or more"),
        ("[[step]]\nkernel = 2", "a [[step]] needs its operation"),
        ('input = 3\n[[step]]\nop = "max"', "input is a shape"),
        ('[[step]]\nop = "max"\nkernle = 2', "max has no option `kernle`; did you mean `kernel`?"),
    ],
)
def test_wrong_recipes(toml, message):
    with pytest.raises(poolcli.RequestError) as caught:
        recipe(toml)
    assert message in str(caught.value)


def test_none_is_not_set():
    assert step("max", {"kernel": None, "nodata": None}) == step("max", {})


def test_an_option_that_repeats():
    pipeline = parse("avg -k 2 --nodata 1 --nodata -9999 --nodata=nan --nodata 1")
    assert str(pipeline) == "avg -k 2 --nodata 1 --nodata -9999 --nodata nan"
    assert parse(str(pipeline)) == pipeline
    one, several = (step("avg", {"nodata": value}) for value in (1, [1, -9999, math.nan]))
    assert one["nodata"] == (1,)
    assert several == pipeline.steps[0]
    assert step("avg", {"nodata": []}) == step("avg", {"nodata": None}) == step("avg", {})
    text = '[[step]]\nop = "avg"\nkernel = 2\nnodata = [1, -9999, nan]\n'
    assert recipe(text)[0] == pipeline
