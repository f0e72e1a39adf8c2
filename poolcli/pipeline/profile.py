"""Profiles: what a framework does where an option is not written, and where that is documented.

What no option can express is a reducer of its own: `functions` names the function of the engine
that replaces the row's, as an entry point, and `formulas` its formula (k: the taps of a whole
window).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

NOTHING: Mapping[str, Any] = MappingProxyType({})
OWN = "poolcli"  # the source of what poolcli does
FACTS = (
    "functions",
    "index_of_nan",
    "empty",
    "any_box",
)  # what decides rules beside the defaults of options


class Cited(NamedTuple):
    """What a framework does under one rule, and where that is written."""

    does: str
    source: str


class ConditionalDefaults(NamedTuple):
    """Defaults of an operation where one of its options has one of these values."""

    op: str
    option: str
    values: tuple[Any, ...]
    defaults: Mapping[str, Any]


class Profile(NamedTuple):
    """One framework: its defaults, and what it does under each rule of `semantics.RULES`.

    Attributes
    ----------
    name, library
        The word for ``--semantics``, and the software and version that is described.
    rules
        By the names of rules, what it does; a rule that is missing here is one about something that
        the framework does not have.
    windows
        The defaults of options of sliding windows that differ from poolcli's.
    ops
        The same for operations, by their names.
    conditional
        Defaults of operations that depend on another option.
    functions, formulas
        The engine's function, and the formula, of operations that are defined otherwise.
    index_of_nan
        Which of several NaN in a window an index names, "first" or "last".
    empty
        The results of operations for a window without a pixel, or without any but ignored NaN: a
        number, or the "lowest", "highest" or "least finite" value of the dtype. poolcli refuses
        sliding windows without a pixel, unless `ceil_mode` asks for them: then an operation that is
        not named here gives NaN.
    any_box
        Whether boxes outside the map give zeros, and swapped corners a box of size 1, where poolcli
        refuses them.
    whole_map
        Whether a reducer without windows pools the whole map.
    ceil_rule
        The rule that `ceil_mode` means where it names none.
    """

    name: str
    library: str
    rules: Mapping[str, Cited]
    windows: Mapping[str, Any] = NOTHING
    ops: Mapping[str, Mapping[str, Any]] = NOTHING
    conditional: tuple[ConditionalDefaults, ...] = ()
    functions: Mapping[str, str] = NOTHING
    formulas: Mapping[str, str] = NOTHING
    index_of_nan: str = "first"
    empty: Mapping[str, float | str] = NOTHING
    any_box: bool = False
    whole_map: bool = False
    ceil_rule: str = "drop"

    def defaults(self, op: str, written: Mapping[str, Any], *, slides: bool) -> Mapping[str, Any]:
        """Return the defaults that differ from poolcli's, of an operation with these options."""
        found = {**(self.windows if slides else {}), **self.ops.get(op, {})}
        for each in self.conditional:
            if each.op == op and written.get(each.option) in each.values:
                found.update(each.defaults)
        return found

    def fact(self, name: str, op: str) -> Any:
        """Return one of `FACTS` about an operation; None where it is poolcli's."""
        value = getattr(self, name)
        return value.get(op) if isinstance(value, Mapping) else value
