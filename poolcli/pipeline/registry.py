"""Operations by their names: the table's rows, and those of plugins, loaded when they are named.

A plugin is a file that was named, or an entry point of an installed package in the group
`poolcli.reducers`. Listing names imports neither.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolcli.errors import FileError, RequestError
from poolcli.pipeline.entry_points import entry_points, package_of
from poolcli.pipeline.kinds import FLAG, NUMBER, WHOLE, choice
from poolcli.pipeline.op import Op, always, never
from poolcli.pipeline.parameters import Parameter, no_operation
from poolcli.pipeline.table import OPS

if TYPE_CHECKING:
    from poolcli.plugins import Reducer, ReducerOption

_rows: dict[str, Op] = {}  # of plugins, by name
_files: dict[str, tuple[str, ...]] = {}  # the names of the reducers of each file


def op_named(name: str) -> Op:
    """Return the row of an operation; RequestError where there is none."""
    found = OPS.get(name) or _rows.get(name)
    if found is None and name in entry_points():
        found = _rows[name] = _of_entry_point(name)
    if found is None:
        raise no_operation(name, names())
    return found


def is_operation(name: str) -> bool:
    """Whether there is an operation of this name; nothing is imported to tell."""
    return name in OPS or name in _rows or name in entry_points()


def names() -> list[str]:
    """Return the names of all operations, those of plugins last."""
    return [*OPS, *plugin_names()]


def plugin_names() -> list[str]:
    """Return the names of the reducers of plugins; those of packages are not imported."""
    return sorted({*_rows, *entry_points()} - OPS.keys())


def plugin_summary(name: str) -> str:
    """Return what is known of a plugin's reducer without importing it."""
    if name in _rows:
        row = _rows[name]
        return f"{row.summary}: {row.formula}" if row.formula else row.summary
    return f"of the package {package_of(entry_points()[name][0])}"


def plugin_files() -> list[str]:
    """Return the paths of the files that have been loaded."""
    return list(_files)


def load_file(path: str, taken: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Load the reducers of a file, once, and return their names.

    `taken` are names of commands, which a reducer cannot have. RequestError says what is wrong
    with the file.
    """
    absolute = str(Path(path).resolve())
    if absolute not in _files:
        found = [_row(each, path, absolute) for each in _reducers_in(path, absolute)]
        for row in found:
            _check_name(row.name, path, taken)
        _rows.update({row.name: row for row in found})
        _files[absolute] = tuple(row.name for row in found)
    return _files[absolute]


def _check_name(name: str, origin: str, taken: tuple[str, ...] = ()) -> None:
    """RequestError for a name that another operation has."""
    if name in OPS or name in taken:
        raise RequestError(f"{origin}: {name} is poolcli's own: give the reducer another name")
    if name in _rows:
        other = _rows[name].origin or "a package"
        raise RequestError(f"{origin}: there is a reducer {name} already, of {other}")


# Files --------------------------------------------------------------------------------------------


def _reducers_in(path: str, absolute: str) -> list[Reducer]:
    """The reducers that a file makes at its top level."""
    if not Path(absolute).is_file():
        raise FileError(f"`plugin` {path}: there is no such file")
    module = _guarded(f"`plugin` {path}", partial(_imported, absolute))
    found = list(dict.fromkeys(each for each in vars(module).values() if _is_reducer(each)))
    if not found:
        raise RequestError(
            f"`plugin` {path}: it makes no reducer: make a poolcli.plugins.FoldReducer "
            "or GatherReducer"
        )
    return found


def _imported(path: str) -> Any:
    from importlib.util import module_from_spec, spec_from_file_location

    name = f"poolcli_plugin_{Path(path).stem}_{abs(hash(path)):x}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("it is no Python file (.py)")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _is_reducer(value: Any) -> bool:
    from poolcli.plugins import FoldReducer, GatherReducer

    return isinstance(value, (FoldReducer, GatherReducer))


def _guarded(label: str, action: Callable[[], Any]) -> Any:
    """What an action gives; whatever goes wrong in it is one line with this label."""
    try:
        return action()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the code of others
        what = str(error).partition("\n")[0]
        raise RequestError(f"{label}: {type(error).__name__}: {what}") from None


# Packages -----------------------------------------------------------------------------------------


def _of_entry_point(name: str) -> Op:
    points = entry_points()[name]
    packages = " and ".join(map(package_of, points))
    if len(points) > 1:
        raise RequestError(f"{name}: several packages have a reducer of this name: {packages}")
    label = f"reducer {name} of the package {packages}"
    reducer = _guarded(label, points[0].load)
    if not _is_reducer(reducer):
        kind = type(reducer).__name__
        raise RequestError(f"{label}: it is a {kind}, and no FoldReducer or GatherReducer")
    if reducer.name != name:
        raise RequestError(f"{label}: it calls itself {reducer.name}, unlike its entry point")
    return _row(reducer, label, "")


# Rows ---------------------------------------------------------------------------------------------


def _row(reducer: Reducer, label: str, origin: str) -> Op:
    """The row of a reducer, with the engine's function that makes it."""
    from poolcli.plugins import FoldReducer

    parameters = tuple(map(_parameter, reducer.options))
    known = {word for option in OPS["avg"].options for word in (option.name, *option.flags)}
    for parameter in parameters:
        if not known.isdisjoint((parameter.name, *parameter.flags)):
            raise RequestError(
                f"{label}: poolcli has an option {parameter.name}: give it another name"
            )
    return Op(
        reducer.name,
        summary=reducer.summary,
        formula=reducer.formula,
        source=reducer.source or label,
        function=partial(_made, reducer, f"{reducer.name} ({origin or label})"),
        parameters=parameters,
        returns_input_values=always if reducer.keeps else never,
        alpha_weighted=isinstance(reducer, FoldReducer) and reducer.weighs,
        origin=origin,
        is_plugin=True,
    )


def _made(reducer: Reducer, label: str, *arguments: Any, **own: Any) -> Any:
    """The reducer for one kind of values."""
    from poolcli.engine.reducers.custom import custom_reduction

    return custom_reduction(*arguments, reducer=reducer, label=label, **own)


def _parameter(option: ReducerOption) -> Parameter:
    flag = f"--{option.name.replace('_', '-')}"
    default = option.default
    if isinstance(default, bool):
        off = f"--no-{flag[2:]}" if default else ""
        return Parameter(option.name, (flag,), FLAG, option.help, default, off)
    if isinstance(default, str):
        return Parameter(option.name, (flag,), choice(*option.choices), option.help, default)
    kind = WHOLE if isinstance(default, int) and default >= 0 else NUMBER
    return Parameter(option.name, (flag,), kind, option.help, default)


def loaded_rows() -> Iterator[Op]:
    """Yield the rows of the plugins that have been imported."""
    yield from _rows.values()
