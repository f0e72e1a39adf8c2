"""Parameters: the names of an option, the values it takes, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from poolcli.errors import OptionFileError, OptionTypeError, PoolError, RequestError

Reader = Callable[[Any], Any]

_SIMILAR = 2 / 3  # difflib's ratio: a letter of three may differ, as in mux for max


class Kind(NamedTuple):
    """Which values a parameter takes.

    `read` turns a text or a plain Python value into the value; it raises ValueError or TypeError
    with a message that says what is accepted, and OSError for a file that cannot be read. `show` is
    its inverse: the text that `read` turns into the value. `choices` are all words that it takes,
    where they are few; `usual` are texts that a shell offers beside them; `separator` joins
    several. `source` names the method of `poolcli.pipeline.readers.Readers` that reads texts, where
    these name a file or describe a pipeline; `read` takes only Python values then. `bare` is the
    value of a flag that stands alone, to which other values are joined by "="; None for one that is
    followed by its value.
    """

    metavar: str
    read: Reader
    show: Callable[[Any], str] = str
    choices: tuple[str, ...] = ()
    source: str = ""
    bare: Any = None
    usual: tuple[str, ...] = ()
    separator: str = ""


class Parameter(NamedTuple):
    """One option of an operation.

    Attributes
    ----------
    name
        The keyword in Python and in TOML.
    flags
        How the command line and pipeline text write it; the last is the one in messages. Without
        flags it is written as plain words before the inputs.
    kind
        Which values it takes.
    help
        One line for ``--help`` and for the docstring of `poolcli.pool`.
    default
        The value where none is written; None for "not set".
    off
        The flag that says False, of a switch that has one.
    repeats
        Whether it may be written several times: then its value is a tuple.
    letter
        The letter that stands for it in the formula of a row, where that is not its name.

    >>> from poolcli.pipeline.axis_kinds import SIZE
    >>> Parameter("kernel", ("-k", "--kernel"), SIZE, "window").read("3x2")
    (3, 2)
    """

    name: str
    flags: tuple[str, ...]
    kind: Kind
    help: str
    default: Any = None
    off: str = ""
    repeats: bool = False
    letter: str = ""

    @property
    def flag(self) -> str:
        """The flag for tables; the name in capitals where there is none."""
        return self.flags[-1] if self.flags else self.name.upper()

    @property
    def word(self) -> str:
        """The name for messages, in backticks: `poolcli.errors.in_flags` turns it into the flag."""
        return f"`{self.flag[2:].replace('-', '_')}`" if self.flags else self.flag

    def read(self, value: Any, reader: Reader | None = None) -> Any:
        """Return the value of a text or a Python value; `reader` replaces that of the kind."""
        if self.repeats:
            parts = parts_of(value)
            return tuple(dict.fromkeys(self._read(part, reader) for part in parts))
        return self._read(value, reader)

    def _read(self, value: Any, reader: Reader | None) -> Any:
        try:
            return (reader or self.kind.read)(value)
        except PoolError:  # of a pipeline inside the value
            raise
        except TypeError as error:
            raise OptionTypeError(f"{self.word} {_shortened(value)}: {error}") from None
        except OSError as error:
            raise OptionFileError(f"{self.word} {_shortened(value)}: {error}") from None
        except ValueError as error:
            raise RequestError(f"{self.word} {_shortened(value)}: {error}") from None

    def show(self, value: Any) -> str:
        """Return the text that sets the parameter to this value."""
        if isinstance(value, bool):
            return self.flags[0] if value else self.off
        if self.kind.bare is not None:
            return f"{self.flags[0]}={self.kind.show(value)}"
        texts = map(self.kind.show, value if self.repeats else (value,))
        return " ".join(f"{self.flags[0]} {text}" if self.flags else text for text in texts)


def parts_of(value: Any, separator: str | None = None) -> Sequence[Any]:
    """Split a text at the separator; a sequence or array has its parts, anything else is one.

    >>> parts_of("3x2", "x"), parts_of((3, 2)), parts_of(3)
    (['3', '2'], (3, 2), (3,))
    """
    if isinstance(value, str):
        return value.split(separator) if separator else (value,)
    if getattr(value, "ndim", 0):
        return list(value.tolist())
    return value if isinstance(value, Sequence) else (value,)


def _shortened(value: Any) -> str:
    from reprlib import repr as shortened

    return value if isinstance(value, str) else " ".join(shortened(value).split())


def did_you_mean(word: str, words: Iterable[str], synonym: str | None = None) -> str:
    """Return what to add to "there is no ...": what the word means elsewhere, or the most similar.

    `synonym` counts where it starts with one of the words, or with poolcli itself. All words are
    listed if they are few.

    >>> did_you_mean("--kernle", ["--kernel", "--stride"])
    '; did you mean --kernel?'
    >>> did_you_mean("mean", ["avg", "man"], "avg")
    '; did you mean avg?'
    """
    from difflib import get_close_matches

    known = list(words)
    if synonym and synonym.split()[0] in ("poolcli", *known):
        return f"; did you mean {synonym}?"
    bare = {each.strip("-`"): each for each in known}
    near = get_close_matches(word.strip("-`"), bare, 1, _SIMILAR)
    if near:
        return f"; did you mean {bare[near[0]]}?"
    return f"; there is {', '.join(known)}" if len(known) <= 16 else ""


def no_operation(word: str, known: Iterable[str], kind: str = "operation") -> RequestError:
    """Return the error for an operation, or a command, that does not exist."""
    from poolcli.pipeline.synonyms import operation_for

    listed = "ops" if kind == "operation" else "--help"
    hint = did_you_mean(word, known, operation_for(word)) or f"; poolcli {listed} lists all"
    return RequestError(f"there is no {kind} {word!r}{hint}")


def no_option(operation: str, word: str, known: Iterable[str]) -> RequestError:
    """Return the error for an option that does not exist, by its flag or its keyword.

    `known` are flags, or keywords in backticks, as the word is.
    """
    from poolcli.pipeline.synonyms import option_for

    synonym = option_for(word)
    if word.startswith("-"):
        written, others = word, [flag for flag in known if flag.startswith("--")]
    else:
        written, others = f"`{word.replace('-', '_')}`", list(known)
        synonym = synonym and f"`{synonym.removeprefix('--').replace('-', '_')}`"
    hint = did_you_mean(written, others, synonym)
    if not hint and word.startswith("-"):
        hint = f"; poolcli {operation} --help lists all"
    return RequestError(f"{operation} has no option {written}{hint}")
