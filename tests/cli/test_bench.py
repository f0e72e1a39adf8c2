"""The command `bench`. No time is asserted."""

import json
from types import SimpleNamespace

import pytest

from poolcli.analysis.bench import peers


def told(ran):
    return {each["by"]: each for each in json.loads(ran.out)}


def peer(wrong=lambda result: result, able=True):
    return SimpleNamespace(
        can=lambda _: able, prepare=lambda case: [case.pool], read=lambda _, result: wrong(result)
    )


@pytest.fixture
def installed(monkeypatch):
    """Only these peers are installed."""

    def only(**found):
        def load(name):
            if name not in found:
                raise ImportError(name)
            return found[name]

        monkeypatch.setattr(peers, "load", load)

    return only


def test_a_photo_next_to_pillow(cli, photo):
    ran = cli("bench", "max -k 3 -s 2", "photo.png", "--peers", "pillow", "--repeats", 1)
    assert ran.code == 0
    first, _, *rows = ran.text.splitlines()
    assert first.split() == ["step", "by", "ms", "ratio", "MP/s", "agrees"]
    assert [row.split()[0] for row in rows] == ["max", "poolcli", "pillow"]
    assert [row.split()[-1] for row in rows[::2]] == ["yes", "yes"]


def test_json_has_a_record_for_each(cli):
    ran = cli(
        "bench",
        "avg -k 2",
        "--input",
        "3x8x8",
        "--dtype",
        "uint8",
        "--peers",
        "pillow",
        "--report",
        "json",
    )
    records = told(ran)
    assert list(records) == ["textbook loop", "poolcli", "pillow"]
    own = records["poolcli"]
    assert own["megapixels_per_second"] == pytest.approx(64 / own["ms"] / 1e3)
    assert (own["step"], own["ratio"], own["agrees"]) == ("avg -k 2", 1, None)
    assert (own["input_shape"], own["input_dtype"], own["input_layout"]) == (
        [3, 8, 8],
        "uint8",
        "CHW",
    )
    assert records["textbook loop"]["ratio"] == pytest.approx(
        records["textbook loop"]["ms"] / own["ms"]
    )
    assert records["textbook loop"]["agrees"] is True
    assert (records["pillow"]["ms"], records["pillow"]["note"]) == (None, "does not do this")


def test_every_step_of_a_pipeline_is_timed_on_what_it_gets(cli):
    ran = cli(
        "bench",
        "max -k 3 -s 2 | avg --global",
        "--input",
        "1x2x9x9",
        "--peers",
        "none",
        "--report",
        "jsonl",
    )
    records = [json.loads(line) for line in ran.text.splitlines()]
    assert [(each["step"], each["input_shape"][2:]) for each in records[::2]] == [
        ("max -k 3 -s 2", [9, 9]),
        ("avg --global", [4, 4]),
    ]


def test_who_gives_other_numbers_is_named_and_not_ranked(cli, installed):
    def fails(_):
        raise ValueError("no such luck")

    installed(
        torch=peer(lambda result: result + 1),
        opencv=peer(),
        scipy=peer(fails),
        pillow=peer(able=False),
    )
    records = told(cli("bench", "max -k 2", "--input", "8x8", "--report", "json"))
    assert [by for by, each in records.items() if each["ms"]] == [
        "textbook loop",
        "poolcli",
        "opencv",
    ]
    notes = {by: (each["agrees"], each["note"]) for by, each in records.items() if not each["ms"]}
    assert notes == {
        "torch": (False, "100.0% of the values differ, by up to 1"),
        "scipy": (False, "ValueError: no such luck"),
        "pillow": (None, "does not do this"),
    }


def test_those_that_do_not_do_it_share_a_row(cli, installed):
    installed(torch=peer(able=False), opencv=peer(able=False), pillow=peer())
    rows = cli("bench", "max -k 2", "--input", "8x8").text.splitlines()
    assert [row for row in rows if "does not do this" in row and ", opencv" in row]
    assert len(rows) == 6


def test_an_option_of_poolcli_alone_is_named(cli, installed):
    installed(torch=peer())
    records = told(cli("bench", "max -k 2 --nodata 0", "--input", "8x8", "--report", "json"))
    assert records["torch"]["note"] == "has no --nodata"


def test_none_installed(cli, installed):
    installed()
    ran = cli("bench", "max -k 2", "--input", "8x8", "--report", "json")
    assert (ran.code, list(told(ran))) == (0, ["textbook loop", "poolcli"])
    (line,) = ran.err.splitlines()
    packages = "torch onnxruntime onnx openvino opencv-python-headless scipy pillow scikit-image"
    assert f"pip install {packages}" in line
    assert cli("bench", "max -k 2", "--input", "8x8", "-q").err == ""


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["max -k 2"], 2, "give one input"),
        (["max -k 2", "x.npy", "--input", "8x8"], 2, "give one input"),
        (["max -k 9", "--input", "8x8"], 2, "kernel 9 is larger than axis H"),
        (
            ["max -k 2", "--input", "8x8", "--peers", "tourch"],
            2,
            "there is no peer 'tourch'; did you mean torch?",
        ),
        (["pyramid --op avg", "--input", "8x8"], 2, "gives several maps"),
        (["max -k 2", "missing.png"], 1, "missing.png: there is no such file"),
    ],
)
def test_wrong_words(cli, words, code, says):
    ran = cli("bench", *words)
    assert (ran.code, ran.out) == (code, b"")
    assert says in ran.err
