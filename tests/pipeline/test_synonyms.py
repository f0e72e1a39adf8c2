"""Words of other tools lead to what poolcli calls the same."""

import pytest

from poolcli.cli.group import COMMANDS, poolcli
from poolcli.pipeline.axis_kinds import BORDER_WORDS
from poolcli.pipeline.parameters import no_operation, no_option
from poolcli.pipeline.synonyms import BORDERS, OPERATIONS, OPTIONS
from poolcli.pipeline.table import OPS

NAMES = {*OPS, *COMMANDS, "poolcli"}


def flags():
    commands = [poolcli.get_command(None, name) for name in [*OPS, *COMMANDS]]
    return {flag for command in commands for option in command.params for flag in option.opts}


def test_every_synonym_leads_somewhere():
    assert {cure.split()[0] for cure in OPERATIONS.values()} <= NAMES
    assert {cure.split()[0] for cure in OPTIONS.values()} <= flags()


def test_borders_lead_to_borders():
    assert set(BORDERS.values()) <= {*BORDER_WORDS, "0"}
    assert not BORDERS.keys() & {*BORDER_WORDS}


def test_no_word_of_our_own_is_a_synonym():
    assert not OPERATIONS.keys() & NAMES


@pytest.mark.parametrize(
    ("word", "cure"),
    [
        ("mean", "avg"),
        ("average", "avg"),
        ("AvgPool2d", "avg"),
        ("max_pool2d", "max"),
        ("MaxPooling2D", "max"),
        ("rms", "l2"),
        ("percentile", "quantile"),
        ("majority", "mode"),
        ("erode", "min -s 1"),
        ("dilate", "max -s 1"),
        ("nearest", "sample"),
        ("gaussian", "blur"),
        ("max_unpool2d", "unpool"),
        ("help", "poolcli --help, or poolcli COMMAND --help"),
        ("maxx", "max"),
        ("pool", "max"),
        ("nanmean", "avg --nan ignore"),
        ("rolling_max", "max -s 1"),
        ("reduce_mean", "avg --global"),
        ("uniform_filter", "avg -s 1"),
        ("percentile_filter", "quantile -s 1"),
    ],
)
def test_operations(word, cure):
    assert str(no_operation(word, OPS)).endswith(f"; did you mean {cure}?")


@pytest.mark.parametrize(
    ("word", "cure"),
    [
        ("--quality", "--save quality="),
        ("--force", "--overwrite"),
        ("--json", "--report json"),
        ("--threads", "--jobs"),
        ("--format", "--to"),
        ("--kernel_size", "--kernel"),
        ("--kernle", "--kernel"),
    ],
)
def test_options(word, cure):
    assert str(no_option("max", word, flags())).endswith(f"; did you mean {cure}?")


def test_what_resembles_nothing_is_not_guessed():
    assert str(no_operation("xyzzy", OPS)) == "there is no operation 'xyzzy'; poolcli ops lists all"
    said = "max has no option --method; poolcli max --help lists all"
    assert str(no_option("max", "--method", flags())) == said
