"""A row of the table: what an operation is, and which options it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from poolcli.maps.cached import cached_property
from poolcli.pipeline.options import INDEX_ORDER, SELECTING_INTERPOLATIONS, VALUE_OPTIONS
from poolcli.pipeline.parameters import Parameter, no_option
from poolcli.pipeline.profiles import PROFILES
from poolcli.pipeline.window_kinds import SLIDING, WINDOW_KINDS, WindowKind

Options = Mapping[str, Any]


def always(_: Options) -> bool:
    """Hold whatever the options are."""
    return True


def never(_: Options) -> bool:
    """Hold for no options."""
    return False


def selects(options: Options) -> bool:
    """Whether the interpolation returns one of the values."""
    return options["interpolation"] in SELECTING_INTERPOLATIONS


@dataclass(frozen=True, eq=False)
class Op:
    """An operation, with its formula and its source.

    Attributes
    ----------
    name, summary, formula, source
        What help and documentation say of it.
    function
        The engine's function as an entry point, "module:function", so that help needs no NumPy. It
        makes a reducer of the `Values` at hand, or an operation that pools no cells; empty for a
        step that consists of other steps; the function itself in a row of a plugin.
    parameters
        The options of its formula: the keywords of `function`.
    windows
        The kinds of windows it takes: a reducer all of them; an operation that pools no cells none.
    value_options
        The options about values: which of them count, and how the result is rounded.
    returns_input_values
        Whether it returns values of its input, for these options: then it keeps the dtype and a
        palette, and pools alpha like a colour.
    alpha_weighted
        Whether it divides by the number of pixels, so that alpha can weigh them.
    required
        Its options that have no default and must be written.
    overlay
        The option whose array lies over the map, a number for each pixel.
    counts_colours
        Whether it compares the colours of an image as wholes, unless `per_channel`.
    reads_indices
        Whether it reads palette indices and bits as they are, though it returns other values.
    origin
        The file of the plugin that it comes from, as an absolute path; else empty.
    is_plugin
        Whether it comes from a plugin, a file or a package.
    result_dtype
        The dtype of the result, of images, too; empty for the usual rule.
    """

    name: str
    summary: str
    formula: str
    source: str
    function: str | Callable[..., Any] = ""
    parameters: tuple[Parameter, ...] = ()
    windows: tuple[WindowKind, ...] = WINDOW_KINDS
    value_options: tuple[Parameter, ...] = VALUE_OPTIONS
    returns_input_values: Callable[[Options], bool] = never
    alpha_weighted: bool = False
    required: tuple[Parameter, ...] = ()
    overlay: Parameter | None = None
    counts_colours: bool = False
    reads_indices: bool = False
    result_dtype: str = ""
    origin: str = ""
    is_plugin: bool = False

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    @cached_property
    def options(self) -> tuple[Parameter, ...]:
        """All its options, in the order in which a step prints them."""
        windows = [parameter for kind in self.windows for parameter in kind.parameters]
        return tuple(dict.fromkeys((*windows, *self.parameters, *self.value_options)))

    @property
    def indexed(self) -> bool:
        """Whether a result is a pixel of its window, and has an index."""
        return INDEX_ORDER in self.value_options

    @property
    def positional(self) -> Parameter | None:
        """The parameter that is written without a flag, as words before the inputs."""
        return next((option for option in self.parameters if not option.flags), None)

    def defaults(self, semantics: str, written: Options = MappingProxyType({})) -> Options:
        """Return the value of every option that is not written, under a profile."""
        slides = SLIDING in self.windows
        profile = PROFILES[semantics].defaults(self.name, written, slides=slides)
        return {
            option.name: profile.get(option.name, option.default)
            for option in (*VALUE_OPTIONS, *self.options)
        }

    def option(self, word: str) -> Parameter:
        """Return the option with this flag, this name, or this flag without its dashes.

        A name may end in the underscore that Python needs for `global_`.
        """
        if found := self._by_word.get(word.rstrip("_")):
            return found
        known = [flag for each in self.options for flag in (*each.flags, each.off) if flag]
        if not word.startswith("-"):
            known = [each.word for each in self.options]
        raise no_option(self.name, word, known)

    @cached_property
    def _by_word(self) -> Mapping[str, Parameter]:
        """Each option by all that names it; where two share a word, the first has it."""
        found: dict[str, Parameter] = {}
        for option in self.options:
            bare = [flag.lstrip("-") for flag in option.flags]
            for word in (option.name, *option.flags, option.off, *bare):
                found.setdefault(word, option)
        found.pop("", None)
        return found
