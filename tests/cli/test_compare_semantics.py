"""The command `compare --semantics`."""

import json
import math

import numpy as np
import pytest

NAN = math.nan


def rules(difference):
    return [cause.rule.name for cause in difference.causes]


@pytest.fixture
def x_npy(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(49.0, dtype=np.float32).reshape(1, 1, 7, 7))


STEP = "avg -k 3 -s 2 -p 1 --ceil-mode"


def test_the_table_names_rule_and_source(cli, x_npy):
    ran = cli("compare", "x.npy", STEP, "--semantics", "torch,onnx,keras")
    assert (ran.code, ran.err) == (0, "")
    (onnx,) = [line for line in ran.text.splitlines() if line.startswith("onnx")]
    assert "divisor of avg: window with padding (count_include_pad) / valid pixels" in onnx
    assert "AveragePool2d.cpp; ONNX AveragePool" in onnx
    assert "12 of 16" in onnx
    assert "no ceil mode" in ran.text
    assert "no padding in numbers" in ran.text


@pytest.mark.parametrize(
    ("names", "code"), [("torch,onnx", 1), ("torch,keras", 1), ("onnx,poolcli", 0), ("torch", 1)]
)
def test_check_guards(cli, x_npy, names, code):
    assert cli("compare", "x.npy", STEP, "--semantics", names, "--check", "-q").code == code
    assert cli("compare", "x.npy", STEP, "--semantics", names, "-q").code == 0


def test_check_passes_where_a_framework_only_has_no_index(cli, x_npy):
    ran = cli("compare", "x.npy", "max -k 2 -s 2", "--semantics", "torch,keras", "--check")
    assert ran.code == 0
    assert "no index" in ran.text


def test_json_is_json(cli, tmp_path):
    np.save(tmp_path / "n.npy", [1, NAN, 5, NAN, 2])
    ran = cli("compare", "n.npy", "max -k 5 -s 5", "--semantics", "torch,onnx", "--report", "json")
    values, *_ = (
        each
        for each in json.loads(ran.text)
        if (each["semantics"], each["of"]) == ("onnx", "values")
    )
    assert values["reference_value"] == "nan"
    assert (values["value"], values["first_cell"], values["differs"]) == (5.0, [0], True)
    assert values["rules"][0]["rule"] == "NaN in max"


def test_csv_has_a_line_for_each(cli, x_npy):
    lines = cli(
        "compare", "x.npy", STEP, "--semantics", "torch,onnx,keras", "--report", "csv"
    ).text.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("input,pipeline,semantics,")


def test_random_values_are_the_same_each_time(cli):
    words = ("compare", "--input", "1x2x9x9", STEP, "--semantics", "torch,onnx", "--report", "json")
    first, second = cli(*words), cli(*words)
    assert first.out == second.out
    assert json.loads(first.text)[1]["differing_cells"] > 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("x.npy", "max", "--semantics", "torch,onxx"), "did you mean onnx?"),
        (("x.npy", "max", "--semantics", "poolcli"), "a framework to compare with"),
        (("x.npy", "max", "--semantics", "torch", "-o", "s.png"), "leave them out"),
        (("x.npy", "max", "--check"), "give --semantics"),
        (("x.npy", "--semantics", "torch"), "give a pipeline"),
        (("x.npy", "max", "--input", "3x3", "--semantics", "torch"), "not both"),
        (("max", "--input", "3y3", "--semantics", "torch"), "--input 3y3"),
        (("x.npy", "pyramid --op avg", "--semantics", "torch"), "several maps"),
    ],
)
def test_wrong_requests_are_one_line(cli, x_npy, words, message):
    ran = cli("compare", *words)
    assert ran.code == 2
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


def test_half_of_one_profile_and_half_of_another_need_not_fit(cli, tmp_path):
    """Without the strides of 1 the second window does not fit the map that is left."""
    np.save(tmp_path / "s.npy", np.arange(25.0).reshape(5, 5))
    ran = cli(
        "compare", "s.npy", "max -k 2 | avg -k 2 -p 1 | max -k 3 -s 1", "--semantics", "onnx,torch"
    )
    assert ran.code == 0
    assert "refused: step 3 (max -k 3 -s 1 --semantics torch)" in ran.text
    ran = cli(
        "compare",
        "s.npy",
        "fuse 'max -k 2' 'avg -k 2 -s 2' | max -k 2",
        "--semantics",
        "poolcli,onnx",
    )
    assert ran.code == 0
    assert "the branches disagree" in ran.text
