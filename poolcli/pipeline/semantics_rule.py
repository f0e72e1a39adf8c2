"""What a rule is that frameworks disagree about, and which steps are under it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from poolcli.pipeline.profile import Cited, Profile

Options = Mapping[str, Any]  # of a step, all of them


def always(_: Options) -> bool:
    """Hold for every step."""
    return True


def ceil(options: Options) -> bool:
    return bool(options.get("ceil_mode"))


def may_be_empty(options: Options) -> bool:
    """Whether a window may see padding alone."""
    return ceil(options) or (dilated(options) and options["padding"] != "valid")


def in_numbers(options: Options) -> bool:
    padding = options.get("padding", "")
    return not isinstance(padding, str) and any(map(any, padding))


def wide(options: Options) -> bool:
    padding, kernel = options.get("padding", ""), options.get("kernel") or ()
    if isinstance(padding, str) or not kernel:
        return False
    axes = max(len(padding), len(kernel))
    return any(
        2 * max(padding[axis % len(padding)]) > kernel[axis % len(kernel)] for axis in range(axes)
    )


def unequal(options: Options) -> bool:
    padding = options.get("padding", "")
    return not isinstance(padding, str) and any(begin != end for begin, end in padding)


def same(options: Options) -> bool:
    return options.get("padding") in ("same", "same-lower")


def bordered(options: Options) -> bool:
    return any(edge != "clip" for edge in options.get("border", ()))


def dilated(options: Options) -> bool:
    return any(step > 1 for step in options.get("dilation", ()))


@dataclass(frozen=True, eq=False)
class SemanticsRule:
    """A rule that frameworks disagree about; what each does is in its profile.

    Attributes
    ----------
    name
        What it is about.
    lacks
        What a framework does not have whose profile does not name the rule, as "no ..."; or what
        it does then.
    option
        The option whose default decides, or the fact of a profile (`profile.FACTS`) that does.
    ops
        The operations under it; all of them where it names none.
    when
        Whether a step with these options is under it.
    indices
        Whether it is about indices, and not about values.
    """

    name: str
    lacks: str
    option: str
    ops: tuple[str, ...] = ()
    when: Callable[[Options], bool] = always
    indices: bool = False

    def concerns(self, op: str, options: Options) -> bool:
        """Whether a step of this operation, with these options, is under the rule."""
        return (not self.ops or op in self.ops) and self.when(options)

    def of(self, profile: Profile) -> Cited:
        """Return what the framework does, or what it does not have."""
        return profile.rules.get(self.name) or Cited(self.lacks, profile.library)

    def missing(self, profile: Profile) -> str:
        """Return what the framework does not have; "" where it has it."""
        does = self.of(profile).does
        return does if does.startswith("no ") else ""
