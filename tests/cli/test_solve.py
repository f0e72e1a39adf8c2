"""The command `solve`."""

import json

import pytest


def test_prints_steps_and_what_they_waste(cli):
    ran = cli(
        "solve", "--input", 224, "--output", 7, "--report", "json", "--op", "avg", "--limit", 2
    )
    first, second = json.loads(ran.out)
    assert (ran.code, first["step"], first["unseen"]) == (0, "avg -k 32 -s 32", [0])
    assert (second["kernel"], second["stride"], second["overlap"]) == ([33], [32], [1])
    assert "max -k 32 -s 32" in cli("solve", "--input", 224, "--output", 7).text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ("--input", 5, "--output", 9),
            1,
            "no such windows make 9 of 5: the nearest that they can make: 6",
        ),
        (("--input", 224, "--output", 100, "-p", "same"), 1, "75 and 112"),
        (("--input", 224, "--output", 9, "-k", 3, "-s", 7), 1, "32"),
        (("--input", "5x5", "--output", "2x2x2"), 2, "--input 5x5 has 2 axes"),
        (("--input", "0", "--output", 2), 2, "--input 0"),
        (("--input", 9, "--output", 3, "-p", "0:1"), 2, "both ends get the same"),
        (("--input", 9, "--output", 3, "--op", "blurr"), 2, "did you mean"),
        (("--input", 9, "--output", 3, "--op", "blur"), 2, "blur"),
        (("--input", 9), 2, "--output"),
    ],
)
def test_says_why_there_is_none(cli, words, code, said):
    ran = cli("solve", *words)
    assert (ran.code, ran.out) == (code, b"")
    assert said in ran.err
    assert ran.err.count("\n") == 1 or code == 2
