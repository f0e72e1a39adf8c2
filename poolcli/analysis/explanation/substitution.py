"""Put numbers into the formulas of the table of operations.

The formulas are arithmetic of `sum`, `max` and `min` of terms in x, such as "sum x / n". An
operation whose row has such a formula needs no code of its own to be explained.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

MOST_TERMS = 9  # a window of 3 x 3 is written out
FIRST, LAST = 6, 2  # the terms that are written of a larger one
SIGNIFICANT_DIGITS = 6
# A fold and its term: letters and brackets up to a space outside of brackets, " e^x" included.
FOLD = re.compile(r"\b(sum|max|min) ((?:[^ ()]|\([^()]*\))+(?: e\^x)?)")
PRODUCT_SPACE = re.compile(r"(?<=[\w)|]) (?=[\w(|])")  # a space between factors


def number(value: Any) -> str:
    """A number with at most six significant digits.

    >>> number(7.0), number(2 / 3)
    ('7', '0.666667')
    """
    if isinstance(value, int) or float(value).is_integer():
        return str(int(value))
    return f"{float(value):.{SIGNIFICANT_DIGITS}g}"


def listed(parts: Sequence[str], separator: str) -> str:
    """Parts joined; of many only the first and the last.

    >>> listed([str(n) for n in range(20)], ", ")
    '0, 1, 2, 3, 4, 5, ..., 18, 19'
    """
    if len(parts) > MOST_TERMS:
        parts = [*parts[:FIRST], "...", *parts[-LAST:]]
    return separator.join(parts)


def substitute(
    formula: str, values: Sequence[Any], weights: Sequence[Any] | None, letters: Mapping[str, Any]
) -> str:
    """A formula with values for x in its folds, and numbers for its other letters.

    >>> substitute("sum x / n", [1, 2, 4], None, {"n": 3})
    '(1 + 2 + 4) / 3'
    >>> substitute("(1 - a) sum x e^x", [0, 2], [1, 5], {"a": 0.5})
    '(1 - 0.5) * (1 * 0 * e^0 + 5 * 2 * e^2)'
    """

    def expanded(found: re.Match[str]) -> str:
        fold, term = found.groups()
        if fold != "sum":
            return f"{fold}({listed([number(value) for value in values], ', ')})"
        terms = [_with_letters(term, {"x": value}) for value in values]
        if weights is not None:
            pairs = zip(weights, terms, strict=True)
            terms = [f"{number(weight)} {term}" for weight, term in pairs]
        return f"({listed(terms, ' + ')})"

    text = _with_letters(FOLD.sub(expanded, formula), letters)
    return PRODUCT_SPACE.sub(" * ", text)


def _with_letters(text: str, letters: Mapping[str, Any]) -> str:
    """The text with numbers for letters; a negative one in brackets, which powers need."""
    if not letters:
        return text
    pattern = rf"\b(?:{'|'.join(letters)})\b"
    return re.sub(pattern, lambda letter: bracketed(letters[letter[0]]), text)


def bracketed(value: Any) -> str:
    """A number, in brackets where it is negative."""
    text = number(value)
    return f"({text})" if text.startswith("-") else text
