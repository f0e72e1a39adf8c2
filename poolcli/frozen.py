"""Immutable records, as `dataclasses` makes them, of classes that every start defines.

`dataclasses` compiles up to seven methods for each class, about 0.6 ms. The forty classes that
pooling one image defines took 25 ms of the 250 that such a command ran. Here all classes share
their methods, and defining one takes 0.02 ms. Imports nothing of poolcli.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import get_annotations
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


class _Factory:
    """The default of a field that each object has an own value of."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


class _Field:
    """What `dataclasses.replace` looks at of a field."""

    init, _field_type = True, None

    def __init__(self, name: str) -> None:
        self.name = name


def made_by(*, default_factory: Callable[[], T]) -> T:
    """A default that is made anew for each object."""
    return _Factory(default_factory)  # type: ignore[return-value]


def _init(self: Any, *args: Any, **kwargs: Any) -> None:
    names, values = self._fields, self.__dict__
    if len(args) > len(names):
        raise TypeError(f"{type(self).__name__} takes {len(names)} values, not {len(args)}")
    values.update(zip(names, args, strict=False))
    if kwargs:
        if not kwargs.keys().isdisjoint(values) or not kwargs.keys() <= set(names):
            wrong = sorted(kwargs.keys() & values.keys() | kwargs.keys() - set(names))
            raise TypeError(f"{type(self).__name__} takes {', '.join(wrong)} once, or not at all")
        values.update(kwargs)
    if len(values) < len(names):
        _fill(self, values)
    if hasattr(self, "__post_init__"):
        self.__post_init__()


def _fill(self: Any, values: dict[str, Any]) -> None:
    """Give the fields that have no value their defaults."""
    for name in self._fields:
        if name not in values:
            if name not in self._defaults:
                raise TypeError(f"{type(self).__name__} needs a value for {name}")
            default = self._defaults[name]
            values[name] = default.make() if isinstance(default, _Factory) else default


def _values(self: Any) -> tuple[Any, ...]:
    values = self.__dict__
    return tuple([values[name] for name in self._fields])


def _equals(self: Any, other: object) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return _values(self) == _values(other)


def _hash(self: Any) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self._fields)
    return f"{type(self).__qualname__}({shown})"


def _refuse(self: object, name: str, _value: object = None) -> None:
    raise AttributeError(f"{type(self).__name__}.{name} cannot be set: it is a record")


@dataclass_transform(frozen_default=True, field_specifiers=(made_by,))
def frozen(cls: Any = None, *, eq: bool = True, repr: bool = True) -> Any:  # noqa: A002
    """Make a class of annotated fields a record; without `eq`, equal only to itself.

    >>> @frozen
    ... class Point:
    ...     y: int
    ...     x: int = 0
    >>> from dataclasses import replace
    >>> Point(1), Point(1) == Point(1, 0), replace(Point(1), x=2)
    (Point(y=1, x=0), True, Point(y=1, x=2))
    """

    def made(cls: type[T]) -> type[T]:
        return _record(cls, eq=eq, repr=repr)

    return made if cls is None else made(cls)


def _record(cls: type[T], *, eq: bool, repr: bool) -> type[T]:  # noqa: A002
    own = get_annotations(cls)
    names = [name for name, kind in own.items() if "ClassVar" not in str(kind).partition("[")[0]]
    inherited: tuple[str, ...] = getattr(cls, "_fields", ())
    methods: dict[str, Any] = {"__init__": _init, "__setattr__": _refuse, "__delattr__": _refuse}
    methods |= {"__eq__": _equals, "__hash__": _hash} if eq else {}
    methods |= {"__repr__": _repr} if repr else {}
    for name, method in methods.items():
        if name not in cls.__dict__ or (name == "__hash__" and cls.__dict__[name] is None):
            setattr(cls, name, method)
    defaults = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
    for name, default in defaults.items():
        if isinstance(default, _Factory):
            delattr(cls, name)
    record: Any = cls
    record._fields = (*inherited, *(name for name in names if name not in inherited))
    record.__dataclass_fields__ = {name: _Field(name) for name in record._fields}
    record._defaults = {**getattr(cls, "_defaults", {}), **defaults}
    return cls
