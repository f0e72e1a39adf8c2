"""The types of the options of formats: each makes a value of a text, or raises ValueError."""

from __future__ import annotations

from typing import Any, NamedTuple


class WholeNumber(NamedTuple):
    """A whole number between two limits, as the value of an option."""

    low: int
    high: int
    words: tuple[str, ...] = ()  # none: any number will do

    def __call__(self, text: str) -> int:
        value = int(text)
        if not self.low <= value <= self.high:
            raise ValueError(text)
        return value

    def __str__(self) -> str:
        return f"a whole number from {self.low} to {self.high}"


class Choice(NamedTuple):
    """One of a few words, each of which stands for a value, as the value of an option."""

    values: tuple[tuple[str, Any], ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The words, without those that stand for the same value as one before.

        >>> SWITCH.words
        ('true', 'false')
        """
        first = {repr(value): word for word, value in reversed(self.values)}
        return tuple(word for word, value in self.values if first[repr(value)] == word)

    def __call__(self, text: str) -> Any:
        found = dict(self.values)
        if text.lower() not in found:
            raise ValueError(text)
        return found[text.lower()]

    def __str__(self) -> str:
        return "one of " + ", ".join(word for word, _ in self.values)


class Sizes(NamedTuple):
    """Sizes along the last axes, such as 64x256x256, as the value of an option."""

    high: int
    words: tuple[str, ...] = ()

    def __call__(self, text: str) -> tuple[int, ...]:
        sizes = tuple(map(int, text.lower().split("x")))
        if not all(1 <= size <= self.high for size in sizes):
            raise ValueError(text)
        return sizes

    def __str__(self) -> str:
        return "sizes along the last axes, such as 64x256x256"


class SwitchOrSide(NamedTuple):
    """Yes, no, or a number of pixels that is a multiple of `step`, as the value of an option."""

    step: int
    high: int
    words: tuple[str, ...] = ("yes", "no")

    def __call__(self, text: str) -> bool | int:
        words = {"yes": True, "true": True, "no": False, "false": False}
        if text.lower() in words:
            return words[text.lower()]
        value = int(text)
        if not self.step <= value <= self.high or value % self.step:
            raise ValueError(text)
        return value

    def __str__(self) -> str:
        return f"yes, no, or a multiple of {self.step} up to {self.high}"


SWITCH = Choice(
    (("true", True), ("false", False), ("yes", True), ("no", False), ("1", True), ("0", False))
)
