"""Formulas with numbers put in: the row of the table, its letters replaced by what a window held.

The table's formulas are sums, largest and smallest values of terms in x, joined by arithmetic; whoever adds a row of
that kind has it explained.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Texts = Sequence[str]

LETTERS = {"norm": "p", "sharpness": "r", "alpha": "a"}  # what the formulas call the options
SHOWN = 9  # terms that are written out
TERM = re.compile(r"\b(sum|max|min) ((?:[^ ()]|\([^()]*\))+(?: e\^x)?)")


def number(value: Any) -> str:
    """A number as people write it, six digits of it.

    >>> number(7.0), number(2 / 3)
    ('7', '0.666667')
    """
    return (
        str(int(value))
        if isinstance(value, int) or float(value).is_integer()
        else f"{float(value):.6g}"
    )


def listed(parts: Texts, between: str) -> str:
    """Parts joined; of many the first and the last.

    >>> listed([str(n) for n in range(20)], ", ")
    '0, 1, 2, 3, 4, 5, ..., 18, 19'
    """
    return between.join(parts if len(parts) <= SHOWN else [*parts[:6], "...", *parts[-2:]])


def put_in(
    formula: str, values: Sequence[Any], weights: Sequence[Any] | None, letters: Mapping[str, Any]
) -> str:
    """A formula with its numbers.

    >>> put_in("sum x / n", [1, 2, 4], None, {"n": 3})
    '(1 + 2 + 4) / 3'
    >>> put_in("(1 - a) sum x e^x", [0, 2], [1, 5], {"a": 0.5})
    '(1 - 0.5) * (1 * 0 * e^0 + 5 * 2 * e^2)'
    """

    def folded(found: re.Match[str]) -> str:
        fold, term = found.groups()
        terms = [_with(term, {"x": value}) for value in values]
        if fold != "sum":
            return f"{fold}({listed([number(value) for value in values], ', ')})"
        if weights is not None:
            terms = [
                f"{number(weight)} {term}" for weight, term in zip(weights, terms, strict=True)
            ]
        return f"({listed(terms, ' + ')})"

    text = _with(TERM.sub(folded, formula), letters)
    return re.sub(r"(?<=[\w)|]) (?=[\w(|])", " * ", text)


def _with(text: str, letters: Mapping[str, Any]) -> str:
    """The text with numbers for letters; a number below 0 in brackets, which powers need."""
    replaced: Callable[[re.Match[str]], str] = lambda found: _bracketed(letters[found[0]])  # noqa: E731 - its type
    return re.sub(rf"\b(?:{'|'.join(letters)})\b", replaced, text) if letters else text


def _bracketed(value: Any) -> str:
    text = number(value)
    return f"({text})" if text.startswith("-") else text
