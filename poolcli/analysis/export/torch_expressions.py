"""PyTorch's expressions: what reducers are put together from, and the reducers that are no layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from poolcli.analysis.export.exported_step import Facts, sizes


def arguments(facts: Facts, padding: tuple[int, ...], *, dilation: bool = False) -> str:
    """What layers and functions take: with padding of their own, or, where there is none (), after padding."""
    parts = [sizes(facts.kernel)]
    if facts.stride != facts.kernel or any(padding):
        parts.append(sizes(facts.stride))
    if any(padding):
        parts.append(sizes(padding))
    if dilation and set(facts.dilation) != {1}:
        parts.append(f"dilation={sizes(facts.dilation)}")
    return ", ".join([*parts, *(["ceil_mode=True"] if padding and facts.step["ceil_mode"] else [])])


def sides(facts: Facts) -> str:
    """Padding as torch takes it: the last axis first."""
    return f"({', '.join(str(side) for pair in reversed(facts.pads) for side in pair)})"


@dataclass(frozen=True)
class Words:
    """What reducers are put together from: expressions of an expression."""

    facts: Facts

    def max(self, x: str = "x") -> str:
        facts, dims = self.facts, self.facts.dims
        if size := self._cells():
            return f"F.adaptive_max_pool{dims}d({x}, {size})"
        even = facts.even
        inside = x if even is not None else f"F.pad({x}, {sides(facts)}, value=float('-inf'))"
        return f"F.max_pool{dims}d({inside}, {arguments(facts, even or (), dilation=True)})"

    def mean(self, x: str = "x") -> str:
        facts, dims = self.facts, self.facts.dims
        if size := self._cells():
            return f"F.adaptive_avg_pool{dims}d({x}, {size})"
        if set(facts.dilation) != {1}:
            return f"{self.windows(x)}.mean(-1)"
        even = facts.even
        if even is not None:
            more = ", count_include_pad=False" if any(even) else ""
            return f"F.avg_pool{dims}d({x}, {arguments(facts, even)}{more})"
        return f"{self._padded(x)} / {self._padded('torch.ones_like(x)')}"

    def sum(self, x: str = "x") -> str:
        if self._cells() and self.facts.kind != "global":
            raise self.facts.no("torch's adaptive pooling does not tell how many pixels a cell has")
        if set(self.facts.dilation) != {1}:
            return f"{self.windows(x)}.sum(-1)"
        return f"{self.facts.taps} * {self._padded(x)}"

    def windows(self, x: str = "x") -> str:
        """The pixels of each window on a last axis."""
        facts = self.facts
        if not facts.axes or facts.kind == "adaptive":
            raise facts.no("torch cuts no adaptive windows out")
        if not facts.whole:
            raise facts.no("torch's unfold cannot leave padding out")
        lead = len(facts.form.shape) - facts.dims
        cuts = "".join(
            f".unfold({lead + axis}, {span}, {stride})"
            for axis, (span, stride) in enumerate(zip(facts.spans, facts.stride, strict=True))
        )
        steps = (
            ", ".join(f"::{step}" for step in facts.dilation) if set(facts.dilation) != {1} else ""
        )
        inner = f"({x})" if " " in x else x
        return f"{inner}{cuts}{f'[..., {steps}]' if steps else ''}.flatten({-facts.dims})"

    def _cells(self) -> str:
        """What adaptive functions take."""
        if self.facts.kind == "spatial pyramid":
            return "n"
        return sizes(self.facts.cells) if self.facts.kind in ("adaptive", "global") else ""

    def _padded(self, x: str) -> str:
        """The mean of windows with zeros around the map."""
        facts = self.facts
        inside = x if facts.whole else f"F.pad({x}, {sides(facts)})"
        return f"F.avg_pool{facts.dims}d({inside}, {arguments(facts, ())})"


def _mean_of(words: Words, facts: Facts) -> str:
    """The mean, by another divisor if one is given."""
    if divisor := facts.step["divisor"]:
        return f"{words.sum()} / {divisor}"
    if facts.step["count_include_pad"] and not facts.whole:
        raise facts.no("torch's average pooling has no dilation")
    return words.mean()


def _quantile(words: Words, q: Any, facts: Facts) -> str:
    rule = facts.step["interpolation"]
    return f"torch.quantile({words.windows()}, {q}, -1{'' if rule == 'linear' else f', interpolation={rule!r}'})"


def _median(words: Words, facts: Facts) -> str:
    if facts.step["interpolation"] == "lower":
        return f"{words.windows()}.median(-1).values"
    return _quantile(words, 0.5, facts)


def _lp_of(words: Words, facts: Facts) -> str:
    if facts.step["semantics"] == "torch":
        raise facts.no("LPPool slides, and has no dilation")
    norm = facts.step["norm"]
    return f"({words.sum(f'x.abs() ** {norm}')}) ** (1 / {norm})"


def _gem(words: Words, facts: Facts) -> str:
    norm = facts.step["norm"]
    return f"({words.mean(f'x.clamp(min=1e-6) ** {norm}')}) ** (1 / {norm})"


def _lse(words: Words, facts: Facts) -> str:
    sharpness = facts.step["sharpness"]
    return f"(torch.logsumexp({sharpness} * {words.windows()}, -1) - math.log({facts.taps})) / {sharpness}"


def _mixed(words: Words, facts: Facts) -> str:
    share = facts.step["alpha"]
    return f"{share} * {words.max()} + {1 - share} * ({words.mean()})"


FORMULAS: dict[str, Callable[[Words, Facts], str]] = {
    "max": lambda words, _: words.max(),
    "min": lambda words, _: f"-{words.max('-x')}",
    "sum": lambda words, _: words.sum(),
    "avg": _mean_of,
    "range": lambda words, _: f"{words.max()} + {words.max('-x')}",
    "std": lambda words, _: f"{words.windows()}.std(-1, correction=0)",
    "l2": lambda words, _: f"({words.mean('x * x')}).sqrt()",
    "lp": _lp_of,
    "gem": _gem,
    "lse": _lse,
    "soft": lambda words, _: f"({words.windows()}.softmax(-1) * {words.windows()}).sum(-1)",
    "mixed": _mixed,
    "median": _median,
    "quantile": lambda words, facts: _quantile(words, facts.step["q"], facts),
}
