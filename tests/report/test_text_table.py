"""Tables on terminals of any width."""

import io
import re
import sys

import pytest
from processes import on_terminal, without_colours
from representatives import first

from poolcli.report.text_table import write_table


def shown(words, folder, columns, **more):
    code, text, _ = on_terminal(words, folder, columns, **more)
    assert code == 0
    return without_colours(text).replace("\r", "").rstrip("\n").split("\n")


@pytest.mark.parametrize(
    ("words", "head"),
    first(1, [("ops", "max"), ("semantics torch onnx keras", "kernel, when not given")]),
)
def test_tables_turn_on_their_side_where_it_is_narrow(tmp_path, words, head):
    lines = shown(words, tmp_path, 40)
    assert lines[0] == head
    assert max(map(len, lines)) <= 40
    assert all(line.startswith("  ") for line in lines[1:3])


@pytest.mark.parametrize("columns", first(1, [60, 80, 100]))
@pytest.mark.parametrize(
    "words",
    first(1, ["ops", "semantics torch onnx keras", "solve --input 224 --output 7"]),
)
def test_no_word_is_cut(tmp_path, words, columns):
    """Every word of the wide table is in the narrow one, whose lines fit."""
    narrow, wide = (shown(words, tmp_path, each) for each in (columns, 400))
    assert max(map(len, narrow)) <= columns
    lost = set(" ".join(wide).split()) - set(" ".join(narrow).split())
    assert {word for word in lost if word.strip("─")} <= {"reducer", "windows", "rule", "step"}


def test_a_name_longer_than_the_terminal_stays_whole(photo, tmp_path):
    name = "a-rather-long-name-with-many-hyphens-and-no-space.png"
    (tmp_path / "photo.png").rename(tmp_path / name)
    assert shown(f"max {name}", tmp_path, 40)[0] == name


def test_columns_are_obeyed(photo, tmp_path):
    lines = shown("max photo.png", tmp_path, 200, environ={"COLUMNS": "50"})
    assert lines[:2] == ["photo.png", "  step      max -k 2"]


def test_wide_letters_take_two_columns():
    stream = io.StringIO()
    write_table(("file", "ms"), [("写真.png", "1.5"), ("a.png", "12.5")], stream)
    assert stream.getvalue().splitlines() == [
        "file         ms",
        "───────────────",
        "写真.png    1.5",
        "a.png      12.5",
    ]


def test_ascii_has_its_own_rule():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    write_table(("shape",), [("4x4 → 2x2",)], stream)
    stream.flush()
    assert stream.buffer.getvalue() == b"shape\n----------\n4x4 -> 2x2\n"


def test_a_table_in_a_file_needs_no_rich(cli, photo, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich", None)
    assert "12x16x3 → 6x8x3" in cli("max", "photo.png").text


@pytest.mark.parametrize("words", ["max photo.png", "ops"])
def test_a_table_on_a_terminal_is_the_same(cli, photo, tmp_path, words):
    text = cli(*words.split()).text
    (tmp_path / "photo-max.png").unlink(missing_ok=True)
    numbers = r"\d+\.\d"
    wide = shown(words, tmp_path, 400)
    assert [re.sub(numbers, "", " ".join(line.split())) for line in text.splitlines()] == [
        re.sub(numbers, "", " ".join(line.split())) for line in wide
    ]
