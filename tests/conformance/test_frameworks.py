"""The table of frameworks in the docs: poolcli has every row, and the others' cells are what their
lines
give.
"""

import frameworks
import pytest


@pytest.mark.parametrize("row", frameworks.ROWS_OF_TABLE, ids=lambda row: row.name)
def test_poolcli_has_every_row(row):
    assert frameworks.agrees(frameworks.np.asarray(frameworks.ours(row)), row)


def test_the_table_is_up_to_date():
    if frameworks.MISSING:
        pytest.skip(f"{frameworks.MISSING} is not installed")
    _, text, _ = frameworks.written()
    try:
        header = frameworks.header()
    except frameworks.PackageNotFoundError as error:
        pytest.skip(f"{error.name} is not installed")
    if text.splitlines()[0] != header:
        pytest.skip(f"the table's versions are not installed: {header}")
    assert text == frameworks.table(), "run: python tests/support/frameworks.py"
