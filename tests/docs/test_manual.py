"""The manual pages that the package installs."""

import pytest
from pages import MANUAL, manual_pages


@pytest.mark.complete
def test_the_manual_is_up_to_date(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    pages = manual_pages()
    assert {path.name for path in MANUAL.iterdir()} == {path.name for path in pages}
    for path, text in pages.items():
        assert path.read_text(encoding="utf-8") == text, "run python tests/docs/pages.py"
