"""What a type checker sees of the interface."""

import pytest

pytestmark = pytest.mark.complete

api = pytest.importorskip("mypy.api", reason="mypy is not installed")

PROGRAM = """
import numpy as np
import poolcli

x = np.zeros((4, 4))
reveal_type(poolcli.pool(x, "max", kernel=(3, 2), padding=((0, 1), (1, 0)), dtype=np.float32))
reveal_type(poolcli.pool(x, "max", return_indices=True))
reveal_type(poolcli.pool(x, "pyramid", op="avg", levels=2))
reveal_type(poolcli.plan("max", (4, 4)))
poolcli.pool(x, "max", kernle=3)
poolcli.pool(x, "max", nan="no")
"""


def test_keywords_are_checked(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    options = ("--strict", "--config-file=", "--cache-dir", str(tmp_path))
    report, _, _ = api.run([*options, str(program)])
    lines = [line for line in report.splitlines() if "Revealed" in line or ": error:" in line]
    types = [line.split('"')[1].replace("numpy.", "") for line in lines if "Revealed" in line]
    array = "ndarray[tuple[Any, ...], dtype[Any]]"
    assert types == [
        array,
        f"tuple[{array}, {array}]",
        f"tuple[{array}, ...]",
        "tuple[poolcli.pipeline.step.Stage, ...]",
    ]
    errors = [line for line in lines if ": error:" in line]
    assert {line.split(":")[1] for line in errors} == {"10", "11"}
    assert any("kernle" in line for line in errors)
