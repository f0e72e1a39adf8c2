"""One job: its failures are outcomes, and the other files go on."""

import json

import numpy as np

from poolcli import io


def test_a_defect_costs_one_file(cli, tmp_path, monkeypatch):
    def opened(readable, *rest, **named):
        if readable.name == "3.npy":
            raise ZeroDivisionError("a defect")
        return original(readable, *rest, **named)

    original = io.opened
    monkeypatch.setattr(io, "opened", opened)
    (tmp_path / "in").mkdir()
    for number in range(6):
        np.save(tmp_path / f"in/{number}.npy", np.ones((4, 4)))
    report = json.loads(cli("max", "in", "-o", "out", "--report", "json").text)
    reasons = {row["input"]: row["reason"] for row in report["files"] if row["status"] == "failed"}
    assert reasons == {
        "in/3.npy": "a mistake in poolcli, please report it: ZeroDivisionError: a defect"
    }
    assert report["total"]["done"] == 5
