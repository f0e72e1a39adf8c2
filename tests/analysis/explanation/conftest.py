"""Explanations are written out to the last term."""

import pytest

from poolcli.analysis.explanation import substitution


@pytest.fixture(autouse=True)
def write_all_out(monkeypatch):
    monkeypatch.setattr(substitution, "MOST_TERMS", 10**6)
