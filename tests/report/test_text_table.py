"""Tables that are too wide for the terminal."""

import pytest
from processes import on_terminal, without_colours


@pytest.mark.parametrize(
    ("words", "head"), [("ops", "max"), ("semantics torch onnx keras", "kernel, when not given")]
)
def test_tables_turn_on_their_side_where_it_is_narrow(tmp_path, words, head):
    code, shown, _ = on_terminal(words, tmp_path, 40)
    lines = without_colours(shown).replace("\r", "").split("\n")
    assert (code, lines[0]) == (0, head)
    assert max(map(len, lines)) <= 40
    assert all(line.startswith("  ") for line in lines[1:3])
    wide = without_colours(on_terminal(words, tmp_path, 200)[1])
    told = "".join(" ".join(lines).split())
    assert all(
        "".join(cell.split()) in told for cell in wide.split("\n")[2].strip().split("   ")[:2]
    )
