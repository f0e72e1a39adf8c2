"""Runs of one large array that are killed twenty times end with the bytes of an undisturbed one."""

import sys
from pathlib import Path

import pytest
from processes import needs

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks import kills

pytestmark = pytest.mark.complete


@pytest.mark.parametrize(
    ("executor", "megabytes"), [("threads", 32), ("processes", 32), ("dask", 64)]
)
def test_twenty_kills(capsys, executor, megabytes):
    needs(executor)
    pytest.importorskip("zarr", reason="zarr is not installed")
    kills.main(["--executor", executor, "--megabytes", str(megabytes)])
    assert f"{executor}: 20 kills" in capsys.readouterr().out
