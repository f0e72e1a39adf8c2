"""Tables as markup to paste: Markdown and LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from poolcli.report.columns import RIGHT_ALIGNED, TableRows

ESCAPED_BAR = r"\|"
TIMES = r" \times "
SIZE = re.compile(r"\b\d+(?:\.\d+)?(?:x\d+(?:\.\d+)?)+\b")  # such as 3x3


def markdown(columns: Sequence[str], rows: TableRows) -> Iterator[str]:
    r"""The lines of a table in GitHub's Markdown.

    >>> list(markdown(("step", "ms"), [("max | avg", "1.5")]))[2]
    '| max \\| avg | 1.5 |'
    """
    rule = ["---:" if column in RIGHT_ALIGNED else "---" for column in columns]
    for cells in (columns, rule, *rows):
        yield f"| {' | '.join(cell.replace('|', ESCAPED_BAR) for cell in cells)} |"


def latex(columns: Sequence[str], rows: TableRows) -> Iterator[str]:
    """The lines of a LaTeX tabular, which needs no package; sizes such as 3x3 are products."""
    alignment = "".join("r" if column in RIGHT_ALIGNED else "l" for column in columns)
    yield f"\\begin{{tabular}}{{{alignment}}}"
    yield "\\hline"
    for number, cells in enumerate((columns, *rows)):
        is_head_or_last = number in (0, len(rows))
        yield " & ".join(map(_escaped, cells)) + r" \\" + (r" \hline" if is_head_or_last else "")
    yield "\\end{tabular}"


def _escaped(cell: str) -> str:
    text = re.sub(r"([&%$#_{}])", r"\\\1", cell).replace("→", r"$\to$").replace("--", "-{}-")
    return SIZE.sub(lambda size: f"${size[0].replace('x', TIMES)}$", text)


MARKUP: dict[str, Callable[[Sequence[str], TableRows], Iterator[str]]] = {
    "markdown": markdown,
    "latex": latex,
}
