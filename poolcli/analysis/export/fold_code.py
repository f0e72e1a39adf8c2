"""Reducers as expressions of a library that has the largest value and the mean of windows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from poolcli.analysis.export.exported_step import ExportedStep


def grouped(text: str) -> str:
    """An expression in parentheses, unless it is a name, a call or an index."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and (letter == " " or (letter == "-" and place == 0)):
            return f"({text})"
    return text


@dataclass(frozen=True)
class FoldCode(ABC):
    """Expressions of what windows of an expression give; arithmetic is Python's operators."""

    step: ExportedStep

    @abstractmethod
    def max(self, x: str) -> str:
        """The largest pixel of each window."""

    @abstractmethod
    def mean(self, x: str) -> str:
        """The mean of the pixels inside of the map."""

    @abstractmethod
    def sum(self, x: str) -> str:
        """The sum of the pixels inside of the map."""

    def min(self, x: str) -> str:
        """The smallest pixel of each window."""
        return self.negative(self.max(self.negative(x)))

    def negative(self, x: str) -> str:
        return f"-{grouped(x)}"

    def magnitude(self, x: str) -> str:
        return f"abs({x})"

    def power(self, x: str, exponent: float) -> str:
        return f"{grouped(x)} ** {grouped(str(exponent))}"

    def root(self, x: str, degree: float) -> str:
        return f"{grouped(x)} ** (1 / {degree})"

    def plus(self, x: str, y: str) -> str:
        return f"{x} + {y}"

    def minus(self, x: str, y: str) -> str:
        return f"{x} - {grouped(y)}"

    def times(self, number: float, x: str) -> str:
        return f"{number} * {grouped(x)}"

    def over(self, x: str, number: float) -> str:
        return f"{grouped(x)} / {number}"

    @abstractmethod
    def at_least(self, x: str, number: float) -> str:
        """`x`, and the number where it is less."""

    def text(self) -> str:
        """The expression of the step's reducer; ValueRuleError where the library has none."""
        if self.step.op not in FORMULAS:
            raise self.step.no(f"it has no {self.step.op}")
        return FORMULAS[self.step.op](self)


def _avg(code: FoldCode) -> str:
    step = code.step
    if step.divisor:
        return code.over(code.sum("x"), step.divisor)
    if not step["count_include_pad"] or step.unpadded:
        return code.mean("x")
    if not step.counts_all:
        raise step.no("its last window counts less padding than the others")
    return code.over(code.sum("x"), step.taps)


def _lp(code: FoldCode) -> str:
    norm = code.step["norm"]
    return code.root(code.sum(code.power(code.magnitude("x"), norm)), norm)


def _l2(code: FoldCode) -> str:
    squares = code.power("x", 2)
    total = "l2" in code.step.source.profile.functions  # WebNN's is a norm
    return code.root(code.sum(squares) if total else code.mean(squares), 2)


def _gem(code: FoldCode) -> str:
    norm = code.step["norm"]
    return code.root(code.mean(code.power(code.at_least("x", 1e-6), norm)), norm)


def _mixed(code: FoldCode) -> str:
    share = code.step["alpha"]
    mean = code.times(1 - share, code.mean("x"))
    return code.plus(code.times(share, code.max("x")), mean)


FORMULAS: dict[str, Callable[[FoldCode], str]] = {
    "max": lambda code: code.max("x"),
    "min": lambda code: code.min("x"),
    "sum": lambda code: code.sum("x"),
    "avg": _avg,
    "range": lambda code: code.minus(code.max("x"), code.min("x")),
    "l2": _l2,
    "lp": _lp,
    "gem": _gem,
    "mixed": _mixed,
}
