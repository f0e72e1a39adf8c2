"""Parameters: names, messages, and what is nearest to a wrong word."""

import pytest

import poolcli
from poolcli.errors import in_flags
from poolcli.pipeline.axis_kinds import SIZE
from poolcli.pipeline.kinds import FLAG
from poolcli.pipeline.parameters import Parameter, did_you_mean, no_option

SPATIAL = Parameter("output_size", ("-z", "--output-size"), SIZE, "Size of the result.")
SWITCH = Parameter(
    "aligned", ("--aligned",), FLAG, "Half a pixel.", default=True, off="--no-aligned"
)


def test_errors_name_the_keyword_and_the_command_line_shows_the_flag():
    with pytest.raises(poolcli.RequestError) as caught:
        SPATIAL.read("no")
    assert str(caught.value).startswith("`output_size` no: a size is")
    assert in_flags(caught.value).startswith("--output-size no: a size is")


def test_a_value_of_the_wrong_type():
    with pytest.raises(poolcli.OptionTypeError, match=r"`output_size` \{\}"):
        SPATIAL.read({})


def test_long_values_are_shortened():
    with pytest.raises(poolcli.RequestError) as caught:
        SPATIAL.read([0] * 1000)
    assert len(str(caught.value)) < 200


def test_errors_of_poolcli_pass():
    def reader(value):
        raise poolcli.ShapeError("inside")

    with pytest.raises(poolcli.ShapeError, match=r"^inside$"):
        SPATIAL.read(1, reader)


def test_show():
    assert SPATIAL.show((3, 2)) == "-z 3x2"
    assert (SWITCH.show(True), SWITCH.show(False)) == ("--aligned", "--no-aligned")
    assert Parameter("branches", (), SIZE, "").show((2,)) == "2"


def test_a_parameter_without_flags():
    words = Parameter("branches", (), SIZE, "")
    assert (words.flag, words.word) == ("BRANCHES", "BRANCHES")


def test_did_you_mean():
    assert did_you_mean("maxx", ["max", "min"]) == "; did you mean max?"
    assert did_you_mean("zzz", ["max", "min"]) == "; there is max, min"
    assert did_you_mean("zzz", map(str, range(50))) == ""


@pytest.mark.parametrize(
    ("word", "known", "message"),
    [
        ("--kernle", ["-k", "--kernel"], "max has no option --kernle; did you mean --kernel?"),
        ("kernle", ["`kernel`"], "max has no option `kernle`; did you mean `kernel`?"),
        ("-x", ["-k", "--kernel"], "max has no option -x; there is --kernel"),
    ],
)
def test_no_option(word, known, message):
    assert str(no_option("max", word, known)) == message
