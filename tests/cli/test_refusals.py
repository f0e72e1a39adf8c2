"""Options that are written as other tools do, or without what they need: each names the cure."""

import pytest


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "max -kernel 3 photo.png",
            "-kernel: an option of several letters has two dashes: --kernel",
        ),
        ("avg -resize 50% photo.png", "avg has no option --resize; did you mean --adaptive?"),
        ("max -s=2 photo.png", "-s=2: a letter has its value behind it: -s 2"),
        ("max --show half photo.png", "--show half: its value is joined to it: write --show=half"),
        ("max photo.png -o", "-o needs a value: a file, a folder, or - for stdout"),
        ("max --norm 3 photo.png", "max has no option --norm; lp and gem have it"),
        ("max --filter 3 photo.png", "max has no option --filter; blur has it"),
        ("blur -k 5 photo.png", "blur has no option -k; it has --filter, --stride"),
        ("sample -k 5 photo.png", "sample has no option -k; it has --stride"),
        (
            "restore --adaptive 5 photo.png",
            "restore has no option --adaptive; it has --output-size",
        ),
        ("max --report xml photo.png", "--report xml: takes table, json, jsonl, csv or none"),
        ("max -j 0 photo.png", "--jobs 0: takes a whole number from 1 up"),
        ("max -j all photo.png", "--jobs all: takes a whole number from 1 up"),
        ("solve", "solve needs --input: pixels, such as 224 or 224x160"),
        ("completion", "completion needs bash, zsh or fish"),
        ("semantics tf", "Error: tf: takes poolcli, torch"),
        ("nn.MaxPool2d photo.png", "there is no command 'MaxPool2d'; did you mean max?"),
        ("run photo.png", "give a pipeline in quotes before the files, like 'max -k 2' photo.png"),
        ("compare max photo.png -o sheet", "-o sheet says no format: call it sheet.png"),
        ("compare -k 2 max photo.png", "options of a pipeline go into its quotes"),
    ],
)
def test_what_other_tools_take(refused, photo, words, said):
    refused(words, 2, said)


@pytest.mark.parametrize(
    "words", ["-k3 -psame", "-k 3 -qp same", "-k 2 -o a-b.png", "-- photo.png"]
)
def test_what_is_right_is_left(cli, photo, words):
    before, parted, files = words.partition("-- ")
    ran = cli("max", *before.split(), *(["--", *files.split()] if parted else ["photo.png"]))
    assert (ran.code, ran.err) == (0, "")


def test_a_name_in_other_letters_is_found(refused, photo):
    refused("max Photo.PNG", 1, "did you mean photo.png?")


@pytest.mark.parametrize(
    "command",
    ["max", "view", "info", "compare max", "explain max", "shape max", "bench max --peers none"],
)
def test_every_command_guesses_the_file_that_is_meant(cli, photo, tmp_path, command):
    (tmp_path / "link.png").symlink_to("nowhere.png")
    for name, said in (
        ("phto.png", "there is no such file or folder; did you mean photo.png?"),
        ("link.png", "it is a link to nowhere.png, which is not there"),
    ):
        ran = cli(*command.split(), name)
        assert (ran.code, f"{name}: {said}" in ran.err) == (1, True), ran.err
