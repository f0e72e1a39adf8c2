"""What a shell offers: asked through Click, as the scripts do, and through real shells."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from representatives import first

from poolcli.cli.completion import SHELLS
from poolcli.cli.group import COMMANDS, poolcli
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import PAD

PAD_HELP = f"{PAD.help}  [default: 0]"
SAMPLES = Path(__file__).parents[2] / "samples"


def offered(shell, *words):
    """The kind and text of all that is offered for the last word."""
    *args, incomplete = words
    found = SHELLS[shell](poolcli, {}, "poolcli", "_POOLCLI_COMPLETE").get_completions(
        args, incomplete
    )
    return [(item.type, item.value) for item in found]


def words(shell, *given):
    return [value for kind, value in offered(shell, *given) if kind == "plain"]


def lines_of(shell, script, folder):
    """What a shell prints that finds this poolcli as a program of the folder."""
    program = folder / "poolcli"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m poolcli "$@"\n')
    program.chmod(0o755)
    env = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    ran = subprocess.run(
        [shell, "-c", script], capture_output=True, text=True, check=True, timeout=60, env=env
    )
    assert ran.stderr == ""
    return ran.stdout.splitlines()


def test_commands():
    assert words("bash", "") == [*OPS, *COMMANDS]
    assert words("bash", "med") == ["median"]
    assert words("zsh", "--v") == ["--version"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["max", "--cei"], ["--ceil-mode"]),
        (["max", "--nan", ""], ["propagate", "ignore"]),
        (["max", "--dtype", "uint1"], ["uint16"]),
        (["max", "--semantics", "k"], ["keras"]),
        (["max", "--report", "js"], ["json", "jsonl"]),
        (["max", "--scale", "m"], ["minmax"]),
        (["max", "--to", "np"], ["npy", "npz"]),
        (["pyramid", "--op", "st"], ["std", "stochastic"]),
        (["roi-align", "--mode", ""], ["avg", "max"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["man", "un"], ["unpool"]),
        (["view", "--ch"], ["--channels"]),
        (["max", "-k", ""], []),
        (["max", "-p", "sa"], ["same", "same-lower"]),
        (["max", "--padding", "0"], ["0:1x0:1"]),
        (["max", "--border", "re"], ["reflect"]),
        (["max", "--border", ""], ["clip", "edge", "reflect", "symmetric", "wrap", "0"]),
        (["max", "--layout", "NH"], ["NHWC"]),
        (["avg", "--levels", "1,2,"], ["1,2,4", "1,2,3,6"]),
        (["pyramid", "--levels", "4"], ["4"]),
        (["blur", "--filter", "5"], ["5"]),
        (["max", "--to", "png", "--save", ""], ["compress_level=", "optimize="]),
        (["max", "-o", "a.webp", "--save", "l"], ["lossless="]),
        (["max", "--save", "lo"], ["lossless="]),
        (["max", "-o", "a.nothing", "--save", "byte"], ["byte_order="]),
        (["max", "--save", "quality=9"], []),
        (["max", "--save", "no_key=9"], []),
    ],
)
def test_options_and_their_words(given, expected):
    for shell in SHELLS:
        assert words(shell, *given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["max", "--border", "wrap:", "c"], ["clip"]),
        (["max", "--save", "optimize=", ""], ["true", "false"]),
        (["max", "--save", "subsampling=4:2:", "2"], ["2"]),
        (["max", "--save", "tiled=", "y"], ["yes"]),
    ],
)
def test_parts_of_one_word(given, expected):
    """Zsh and fish replace the whole word, and bash the part that it has split off."""
    *before, head, part = given
    for shell in ("zsh", "fish"):
        assert words(shell, *before, head + part) == [head + each for each in expected]
    for parts in (re.split("([=:])", head), [head[:-1], head[-1]]):
        split = [*filter(None, parts), *filter(None, [part])]
        assert words("bash", *before, *split) == expected


@pytest.mark.parametrize(
    "given", [["max", "a"], ["max", "-o", ""], ["max", "--mask", "m"], ["view", ""]]
)
def test_files_are_left_to_the_shell(given):
    assert offered("bash", *given) == [("file", given[-1])]


def test_words_joined_by_an_equal_sign():
    assert words("zsh", "max", "--show=half") == ["--show=half", "--show=half256"]
    assert words("fish", "max", "--show=k") == ["--show=kitty"]
    assert words("bash", "max", "--show", "=", "half") == [
        "half",
        "half256",
    ]  # bash parts words there
    assert words("bash", "max", "--show", "=") == [
        "auto",
        "kitty",
        "sixel",
        "half",
        "half256",
        "text",
    ]
    assert offered("zsh", "max", "--show", "a") == [
        ("file", "a")
    ]  # what follows without = is an input


@pytest.mark.parametrize(
    ("incomplete", "expected"),
    [
        ("sto", ["stochastic"]),
        ("max -k 3 | mi", ["max -k 3 | min", "max -k 3 | mixed"]),
        ("max -k 3|mi", ["max -k 3|min", "max -k 3|mixed"]),
        ("max --pad", ["max --padding"]),
        ("max -k 3 | avg --count", ["max -k 3 | avg --count-include-pad"]),
        ("max --nan i", ["max --nan ignore"]),
        ("max -k ", []),
        ("nothing --k", []),
    ],
)
def test_pipelines_in_quotes(incomplete, expected):
    for given in (["run"], ["shape"], ["fuse", "max -k 2"]):
        assert words("bash", *given, incomplete) == expected
    assert (
        words("bash", "run", "max -k 2", incomplete) == []
    )  # the pipeline is there: now come the inputs


def test_recipes(monkeypatch):
    monkeypatch.chdir(SAMPLES)
    assert words("bash", "run", "--file", "recipes/re") == [
        "recipes/resnet-head.toml",
        "recipes/resnet-stem.toml",
    ]
    assert len(words("bash", "shape", "--file", "recipes/")) == len(
        list((SAMPLES / "recipes").glob("*.toml"))
    )
    assert offered("bash", "run", "--file", "rec") == [("file", "rec")]
    assert offered("bash", "run", "--file", "no/such/") == [("file", "no/such/")]


def test_of_no_command_nothing_is_known():
    assert words("bash", "maxx", "") == [*OPS, *COMMANDS]  # Click stands where it understood


@pytest.mark.parametrize("shell", list(SHELLS))
def test_the_script_is_printed(cli, shell):
    ran = cli("completion", shell)
    assert (ran.code, ran.err) == (0, "")
    assert f"_POOLCLI_COMPLETE={shell}_complete" in ran.text


@pytest.mark.parametrize(
    ("given", "expected"),
    first(
        2,
        [
            (["vie"], ["view"]),
            (["max", "--to", "png", "--save", "opt"], ["compopt -o nospace", "optimize="]),
            (["max", "--nan", "pro"], ["propagate"]),
            (["max", "--show", "=", "six"], ["sixel"]),
            (["run", "'max -k 3 | sto"], ["max -k 3 | stochastic"]),
            (["max", "--border", "wrap", ":", "c"], ["clip"]),
        ],
    ),
)
def test_a_real_bash_chooses_from_them(tmp_path, given, expected):
    """The words are those that bash hands to the function when the cursor stands behind the last
    one.
    """
    script = f"""
    compopt() {{ printf "compopt %s %s\\n" "$@"; }}
    eval "$(poolcli completion bash)"
    complete -p poolcli
    COMP_WORDS=({shlex.join(["poolcli", *given])}); COMP_CWORD={len(given)}
    _poolcli_completion poolcli
    printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    assert lines_of("bash", script, tmp_path) == [
        "complete -o nosort -F _poolcli_completion poolcli",
        *expected,
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    first(
        2,
        [
            ("vie", ["view\tShow what files hold, as pictures in the terminal."]),
            ("avg --levels 1,", ["1,2", "1,2,3,6", "1,2,4"]),
            ("max --pad", [f"--padding\t{PAD_HELP}"]),
            ("max --border wrap:c", ["wrap:clip"]),
            ("max --to jpg --save q", ["quality=\tjpeg: a whole number from 1 to 100"]),
            ("run 'max | sto", ["max | stochastic"]),
        ],
    ),
)
def test_a_real_fish_shows_whole_words_and_descriptions(tmp_path, line, expected):
    if shutil.which("fish") is None:
        pytest.skip("no fish on this machine")
    script = f"poolcli completion fish | source; complete -C {shlex.quote(f'poolcli {line}')}"
    assert lines_of("fish", script, tmp_path) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    first(
        3,
        [
            (["vie"], ["described view:Show what files hold, as pictures in the terminal."]),
            (["avg", "--levels", "1,2,4"], ["plain 1,2,4"]),
            (["max", "--to", "png", "--save", "opt"], ["without space optimize="]),
            (["max", "--pad"], [f"described --padding:{PAD_HELP}"]),
            (["max", "--border", "wrap:c"], ["plain wrap:clip"]),
        ],
    ),
)
def test_a_real_zsh_shows_them(tmp_path, given, expected):
    """Its functions that fill the menu are replaced: they need a terminal with a prompt."""
    if shutil.which("zsh") is None:
        pytest.skip("no zsh on this machine")
    script = f"""
    compdef() {{ }}
    _describe() {{ print -rl -- "described "${{^${{(P)3}}}} }}
    compadd() {{
        if [[ $2 == -S ]]; then print -r -- "without space $5"; return; fi
        print -rl -- "plain "${{^${{(P)5}}}}
    }}
    eval "$(poolcli completion zsh)"
    words=({shlex.join(["poolcli", *given])}); CURRENT={len(given) + 1}
    _poolcli_completion
    """
    assert lines_of("zsh", script, tmp_path) == expected


@pytest.mark.parametrize(
    "line", first(2, ["m", "run 'max | a", "max --na", "max --nan ", "run --file sa", "man m"])
)
def test_completion_loads_no_numpy(line):
    program = (
        "import sys, atexit\nfrom poolcli.cli.main import main\n"
        "loaded = lambda: {name.split('.')[0] for name in sys.modules}\n"
        "atexit.register(lambda: print('LOADED', *loaded()))\nmain([])"
    )
    split = line.split(" ", 1) if "'" in line else line.split(" ")
    env = os.environ | {"COMP_WORDS": "\n".join(["poolcli", *split]), "COMP_CWORD": str(len(split))}
    env["_POOLCLI_COMPLETE"] = "bash_complete"
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=env, check=True
    ).stdout
    assert not set(out.splitlines()[-1].split()) & {"numpy", "PIL", "rich"}
    assert len(out.splitlines()) > 1
