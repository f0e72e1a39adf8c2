"""The command `man`."""

import re
import shutil
import subprocess

import pytest

from poolcli.cli.examples import EXAMPLES
from poolcli.cli.group import COMMANDS
from poolcli.pipeline.table import OPS


@pytest.mark.parametrize("name", ["", *OPS, *COMMANDS])
def test_a_manual_page_says_what_help_says(cli, name):
    page = cli("man", *name.split()).text
    bare = re.sub(
        r"\\\((\w\w)",
        lambda found: {"aq": "'", "rs": "\\", "ha": "^", "ti": "~", "dq": '"'}[found[1]],
        page,
    )
    bare = bare.replace(r"\-", "-").replace(r"\&", "")
    told = " ".join(re.sub(r"^\.\w+ ?", "", bare, flags=re.MULTILINE).split())
    for line in cli(*name.split(), "--help").text.split("\n")[1:]:
        for part in re.split(r"\s{2,}", line.strip().rstrip(":")):
            word = part.split("  ")[0]
            assert word.lower() in told.lower(), word
    assert page.startswith(f'.TH "POOLCLI{chr(92) + "-" if name else ""}')
    assert [line for line in page.split("\n") if line.startswith("'")] == []


def test_groff_takes_the_pages(cli, thinned):
    if shutil.which("groff") is None:
        pytest.skip("no groff on this machine")
    for name in thinned(("", *OPS, *COMMANDS), of=16):
        page = cli("man", *name.split()).out
        ran = subprocess.run(
            ["groff", "-man", "-ww", "-Tutf8"], input=page, capture_output=True, check=True
        )
        assert ran.stderr == b""
        text = re.sub(rb"\x1b\[[\d;]*m|.\x08", b"", ran.stdout).decode()
        for title in ("NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES"):
            assert f"\n{title}\n" in text
        for line in EXAMPLES[name or "poolcli"]:
            assert line in text
