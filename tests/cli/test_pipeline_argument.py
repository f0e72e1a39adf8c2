"""Pipelines and recipes as arguments; those that make no sense are refused in one line."""

import pytest

SIZES = "a size is a whole number from 1 up"


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
        ('[[step]]\nop = "lp"\nnorm = true', "lp: --norm True: takes a number above 0"),
        ('[[step]]\nop = "max"\nglobal = 1', "max: --global 1: is a switch: true or false"),
        (
            '[[step]]\nop = "max"\nround = 3',
            "max: --round 3: takes half-even",
        ),
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
