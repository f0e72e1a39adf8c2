"""Fixtures of the tests of this folder."""

import pytest
from folders import tree


@pytest.fixture
def refused(cli, tmp_path):
    """Run, and hold what every refusal owes: one line that says all of `said`, and every file as it
    was.
    """

    def run(words, code, *said, stdin=b""):
        before = tree(tmp_path)
        ran = cli(*(words.split() if isinstance(words, str) else words), stdin=stdin)
        assert ran.code == code, ran.err
        assert ran.err.startswith("Error: ")
        assert ran.err.count("\n") == 1
        assert ran.out == b""
        for part in said:
            assert part in ran.err
        assert tree(tmp_path) == before

    return run
