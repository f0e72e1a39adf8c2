"""Numbers of files as fractions, which are computed with and rounded once."""

from __future__ import annotations

from fractions import Fraction
from math import isnan


def exact(number: float) -> Fraction:
    """A number as a fraction. Raises OverflowError if it is not finite.

    >>> exact(0.5)
    Fraction(1, 2)
    """
    if isnan(number):  # of infinities, Fraction raises it
        raise OverflowError("NaN is no fraction")
    return Fraction(number)
