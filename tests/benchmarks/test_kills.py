"""Runs of one large array that are killed again and again end with the bytes of a whole one."""

import re
import sys
from pathlib import Path

import pytest
from processes import needs

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks import kills

pytestmark = pytest.mark.complete


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_kills(capsys, executor):
    needs(executor)
    pytest.importorskip("zarr", reason="zarr is not installed")
    kills.main(["--executor", executor, "--megabytes", "32"])
    # how many of twenty come before the end depends on the machine
    assert re.search(rf"{executor}: [1-9]\d* kills.*: the same bytes", capsys.readouterr().out)
