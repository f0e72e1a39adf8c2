"""Requests that make no sense are refused in one line, the same for flags, text and TOML."""

import shlex

import pytest
from PIL import Image


class TestWrongRequests:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ("max --kernle 3 photo.png", "max has no option --kernle; did you mean --kernel?"),
            ("maxx photo.png", "there is no command 'maxx'; did you mean max?"),
            ("max", "give INPUT"),
            ("max -k 0 photo.png", "--kernel 0"),
            ("max -k -1 photo.png", "--kernel -1"),
            ("max -k 2.5 photo.png", "--kernel 2.5"),
            ("max -k 2x2x photo.png", "--kernel 2x2x"),
            ("max -s 0 photo.png", "--stride 0"),
            (
                "max --show half photo.png",
                "--show half: its value is joined to it: write --show=half",
            ),
            ("max --ceil-mode drop photo.png", "write --ceil-mode=drop"),
            ("max -p -1 photo.png", "--padding -1"),
            ("max -p sam photo.png", "--padding sam"),
            ("max -p reflect photo.png", "--border reflect says what they hold"),
            ("max --border mirror photo.png", "--border mirror: is reflect here"),
            ("max --border zeros photo.png", "--border zeros: is 0 here"),
            ("max -d 0 photo.png", "--dilation 0"),
            ("max --adaptive 2 --kernel 3 photo.png", "two kinds of windows"),
            ("max --global --stride 3 photo.png", "two kinds of windows"),
            ("max --min-valid .5 photo.png", "--nodata"),
            ("max --min-valid 2 photo.png --nodata 0", "from 0 to 1"),
            (
                "max --fractional 3 --samples .1x.2 --seed 3 photo.png",
                "--seed draws what --samples gives",
            ),
            ("avg --divisor 0 photo.png", "above 0"),
            ("mixed --alpha 2 photo.png", "from 0 to 1"),
            ("max --dtype complex64 photo.png", "--dtype complex64"),
            ("max --round up photo.png", "--round up"),
            ("max --layout HWX photo.png", "HWX"),
            ("max --layout NC photo.png", "NC"),
            ("max --to pgn photo.png", "pgn"),
            ("max photo.png -o a.xyz", "xyz"),
            ("max photo.png --save quality", "KEY=VALUE"),
            ("max photo.png --scale big", "minmax"),
            ("max photo.png --overwrite --skip-existing", "contradict"),
            ("max photo.png --report xml", "xml"),
            ("max photo.png -j 0", "0"),
            ("max photo.png photo2.png -o -", "one input"),
            ("max photo.png -o x.png --name y.png", "--name"),
            ("max - ", "no name"),
            ("max photo.png photo2.png -o photo.png", "is a file"),
            ("run", "give a pipeline"),
            ("run max", "give INPUT"),
            ("run --file none.toml photo.png", "none.toml"),
            ("run max| photo.png", "a step is missing"),
            ("shape max", "--input"),
            ("shape max --input 4x0", "--input 4x0"),
            ("shape max --input 1x1x1x1x1x1", "6 axes"),
            ("max --files-from none", "none"),
        ],
    )
    def test_exit_2_in_one_line(self, cli, photo, tmp_path, words, said):
        Image.fromarray(photo).save(tmp_path / "photo2.png")
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        ran = cli(*words.split())
        assert ran.code == 2
        assert said in ran.err
        assert ran.err.count("\n") == 1
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    @pytest.mark.parametrize(
        ("flags", "text", "toml"),
        [
            ("max --kernle 3", "max --kernle 3", 'op = "max"\nkernle = 3'),
            ("max --kernel 0", "max --kernel 0", 'op = "max"\nkernel = 0'),
            ("avg --padding x", "avg -p x", 'op = "avg"\npadding = "x"'),
            ("lp --norm -1", "lp --norm -1", 'op = "lp"\nnorm = -1'),
            (
                "max --global --kernel 2",
                "max --global -k 2",
                'op = "max"\nglobal = true\nkernel = 2',
            ),
        ],
    )
    def test_one_reader_one_sentence(self, cli, photo, tmp_path, flags, text, toml):
        (tmp_path / "r.toml").write_text(f"[[step]]\n{toml}\n")
        by_flags = cli(*flags.split(), "photo.png")
        by_text = cli("run", text, "photo.png")
        by_toml = cli("run", "--file", "r.toml", "photo.png")
        assert by_flags.code == by_text.code == by_toml.code == 2
        assert by_text.err == by_flags.err
        assert by_toml.err.replace("r.toml: ", "") == by_flags.err

    def test_a_step_of_several_is_named(self, cli, photo):
        ran = cli("run", "max -k 2 | avg -k 9", "photo.png")
        assert ran.code == 1
        assert (
            "photo.png: step 2 (avg -k 9): kernel 9 is larger than axis H, which is 6 long"
            in ran.err
        )
        assert "input 6x8x3 HWC" in ran.err


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        ("maxx a.png", "did you mean max?"),
        ("max --kernal 3 a.png", "did you mean --kernel?"),
        ("view --chanels 3 a.npy", "did you mean --channels?"),
        ("run 'max | agv' a.png", "did you mean avg?"),
        ("run 'max --kernl 3' a.png", "did you mean --kernel?"),
        ("fuse 'maxx -k 2' a.png", "did you mean max?"),
        ("pyramid --op avgg a.png", "did you mean avg?"),
        ("max --to pgn a.png", "no format 'pgn'; did you mean"),
        ("max --to jpg --save qualty=3 a.png", "did you mean quality?"),
        ("max --semantics toch a.png", "--semantics toch: did you mean torch?"),
        ("max --report tabel a.png", "--report tabel: takes table, json"),
        ("man maxx", "did you mean max?"),
        ("completion bsh", "takes bash, zsh or fish"),
    ],
)
def test_what_is_misspelt_is_told_how(cli, photo, words, cure):
    ran = cli(*shlex.split(words.replace("a.png", "photo.png")))
    assert (ran.code, ran.out) == (2, b"")
    assert cure in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("max ftp://example.org/a.png", "ftp://example.org/a.png: an address begins"),
        (
            "max photo.png -o https://bucket/a.png",
            "--output https://bucket/a.png: nothing is written to https://",
        ),
        ("-v", "poolcli has no option -v: --version tells the version"),
        ("max --version photo.png", "max has no option --version; it is poolcli --version"),
        ("max photo.png -o a.xyz", "no format '.xyz'; there are png, jpg, tiff"),
        ("max photo.png --to tif32", "no format 'tif32'; did you mean tif?"),
    ],
)
def test_what_newcomers_try(refused, photo, words, told):
    refused(words, 2, told)


def test_no_memory_at_all(cli, monkeypatch):
    """Outside of a file, too, it is one line."""

    def refuse(_):
        raise MemoryError

    monkeypatch.setattr("poolcli.cli.main._run", refuse)
    ran = cli("max", "x.npy")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "there is not enough memory" in ran.err
