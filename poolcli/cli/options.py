"""Options as Click knows them: made from the table for the operations, written here once for files and reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from poolcli.errors import RequestError
from poolcli.ops import Op, no_option
from poolcli.picture.screen import WAYS
from poolcli.values import FLAG, Parameter

if TYPE_CHECKING:
    from poolcli.run.executors import Crew
    from poolcli.run.jobs import Inputs
    from poolcli.run.log import Log
    from poolcli.run.order import Outputs

STYLES = ("table", "json", "jsonl", "csv", "none")
EXECUTORS = ("serial", "threads", "processes", "dask")


class Option(click.Option):
    """An option that knows under which heading the help shows it."""

    group = "Other"


class Bare(Option):
    """An option whose value is joined to it by =, and may be left out."""

    def __init__(self, flag: str, bare: str, **more: Any) -> None:
        self.bare = {flag: f"{flag}={bare}"}
        super().__init__([flag], **more)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        return record and (f"{self.opts[0]}[={self.metavar}]", record[1])


class OpOption(Option):
    """An option of an operation. Its text is read by `recipe`, like that of pipelines and TOML."""

    def __init__(self, parameter: Parameter, group: str) -> None:
        self.group = group
        flags = list(parameter.flags)
        if parameter.kind is FLAG:
            flags[-1] += f"/{parameter.off}" if parameter.off else ""
            super().__init__([parameter.name, *flags], is_flag=True, default=None, help=parameter.help)
        else:
            super().__init__([parameter.name, *flags], metavar=_metavar(parameter), help=_help(parameter))


def _metavar(parameter: Parameter) -> str:
    words = parameter.kind.choices
    return "|".join(words) if words and len(words) < 4 else parameter.kind.metavar


def _help(parameter: Parameter) -> str:
    if parameter.default is None:
        return parameter.help
    return f"{parameter.help}  [default: {parameter.kind.show(parameter.default)}]"


def op_options(op: Op) -> list[click.Parameter]:
    """Every option of an operation, grouped as its help shows them."""
    groups = dict.fromkeys(op.rules, "Values") | dict.fromkeys(op.parameters, "Formula")
    return [OpOption(parameter, groups.get(parameter, "Windows")) for parameter in op.options if parameter.flags]


def options(group: str, *options: Option) -> tuple[Option, ...]:
    """Options that the help shows together."""
    for option in options:
        option.group = group
    return options


FOLDERS = options(
    "Inputs",
    Option(["-r", "--recursive"], is_flag=True, help="Look into the folders below."),
    Option(["--include"], multiple=True, metavar="GLOB", help="Files of a folder to take."),
    Option(["--exclude"], multiple=True, metavar="GLOB", help="Files of a folder to leave."),
    Option(["--files-from"], metavar="FILE", help="Read more inputs from a file, or - for stdin, one a line."),
)
LAYOUT = options(
    "Inputs", Option(["--layout"], metavar="LETTERS", help="Axes, such as NHWC.  [default: by their number]")
)
OUTPUTS = options(
    "Outputs",
    Option(["-o", "--output"], metavar="PATH", help="A file, a folder, or - for stdout."),
    Option(["--name"], metavar="TEMPLATE", help="Name of an output.  [default: {stem}-{op}{suffix}]"),
    Option(["--to"], metavar="FORMAT", help="Format: png, jpg, tiff, npy, ..."),
    Option(["--save"], multiple=True, metavar="KEY=VALUE", help="An option of the format, such as quality=90."),
    Option(["--scale"], metavar="minmax|none", help="How a float map becomes an image."),
    Option(["--overwrite"], is_flag=True, help="Replace outputs that are there."),
    Option(["--skip-existing"], is_flag=True, help="Leave outputs that are there."),
    Option(["--resume"], metavar="LOG", help="Keep a log, and do what it does not know as done and unchanged."),
)
INDICES = options(
    "Outputs",
    Option(["--indices", "indices_file"], metavar="FILE", help="Write which pixel each result is: .npy, .npz."),
)
RUN = options(
    "Run",
    Option(
        ["-j", "--jobs"],
        type=click.IntRange(min=1),
        metavar="N",
        help="Threads for all files.  [default: processors]",
    ),
    Option(
        ["--executor"], type=click.Choice(EXECUTORS), default="threads", show_default=True, help="Who does the files."
    ),
    Option(["--scheduler"], metavar="ADDRESS", help="Dask's, such as tcp://host:8786.  [default: one of its own]"),
    Option(["--dry-run"], is_flag=True, help="Say what would be done."),
    Option(["--fail-fast"], is_flag=True, help="Stop at the first failure."),
)
REPORT = options(
    "Report",
    Option(["--report"], type=click.Choice(STYLES), default="table", show_default=True, help="How to tell it."),
    Option(["-q", "--quiet"], is_flag=True, help="Tell failures only."),
)


def show_option(default: str | None, what: str) -> Option:
    """The option that says how pictures are shown."""
    way = click.Choice(WAYS)
    return Bare("--show", "auto", type=way, default=default, metavar="WAY", help=f"{what}, {', '.join(WAYS[1:])}.")


SHOW = options("Report", show_option(None, "Show pictures before and after, on a terminal; or anywhere, as"))
FILES = (*FOLDERS, *LAYOUT, *OUTPUTS, *RUN, *REPORT, *SHOW)


def inputs_argument(name: str, metavar: str) -> click.Argument:
    """The words of a command that are no options."""
    return click.Argument([name], nargs=-1, metavar=metavar)


class Command(click.Command):
    """A command whose help groups its options, and whose errors are those of the table."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, self._joined(args))
        except click.NoSuchOption as error:
            flags = tuple(flag for option in self.params for flag in (*option.opts, *option.secondary_opts))
            raise no_option(self.name or "", error.option_name, flags) from None

    def _joined(self, args: list[str]) -> list[str]:
        """The words, where an option without its value has the one it stands for: no other word can be taken for it."""
        bare = {flag: word for option in self.params if isinstance(option, Bare) for flag, word in option.bare.items()}
        end = args.index("--") if "--" in args else len(args)
        return [bare.get(word, word) for word in args[:end]] + args[end:]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for option in self.get_params(ctx):
            if isinstance(option, click.Option) and (line := option.get_help_record(ctx)):
                groups.setdefault(getattr(option, "group", "Other"), []).append(line)
        for title, lines in sorted(groups.items(), key=lambda group: group[0] == "Other"):
            with formatter.section(title):
                formatter.write_dl(lines)


def take_inputs(given: dict[str, Any]) -> Inputs:
    """The inputs that the options name."""
    from poolcli.run.jobs import Inputs

    words = list(given["inputs"])
    if given["files_from"] is not None:
        words += [line for line in read_text("--files-from", given["files_from"]).split("\n") if line.strip()]
    paths = [take_path("INPUT", word) for word in words]
    if not paths:
        raise RequestError("give INPUT: files, folders, or - for stdin")
    return Inputs(tuple(paths), given["recursive"], given["include"], given["exclude"])


def take_path(what: str, word: str) -> Path:
    """The path that a word names. No word names the working folder by accident, as an empty variable would."""
    if not word or "\0" in word:
        raise RequestError(f"{what} {word!r} is no path: give the name of a file or a folder")
    return Path(word)


def read_text(option: str, name: str) -> str:
    """The text of a file that an option names, or of stdin for -; without the mark that Windows begins it with."""
    take_path(option, name)
    try:
        with click.open_file(name, encoding="utf-8-sig") as stream:
            return str(stream.read())
    except UnicodeDecodeError:
        raise RequestError(f"{option} {name}: it is not UTF-8 text") from None
    except OSError as error:
        from poolcli.io import reason

        raise RequestError(f"{option} {name}: {reason(error)}") from None


def take_outputs(given: dict[str, Any]) -> Outputs:
    """Where the options send the results."""
    from poolcli.run.order import Outputs

    if given["overwrite"] and given["skip_existing"]:
        raise RequestError("--overwrite and --skip-existing contradict each other: give one of them")
    if given["scale"] not in (None, "minmax", "none"):
        raise RequestError(f"--scale {given['scale']}: takes minmax or none")
    for name in ("output", "name"):
        if given[name] is not None:
            take_path(f"--{name}", given[name])
    names = ("output", "name", "to", "scale", "overwrite", "skip_existing")
    words = given.get("indices_file")
    indices = None if words is None else take_path("--indices", words)
    return Outputs(**{name: given[name] for name in names}, save=tuple(map(_pair, given["save"])), indices=indices)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise RequestError(f"--save {text}: takes KEY=VALUE, such as quality=90")
    return key, value


def take_crew(given: dict[str, Any]) -> Crew:
    """Who does the work."""
    from poolcli.run.executors import Crew

    if given["scheduler"] is not None and given["executor"] != "dask":
        raise RequestError(f"--scheduler {given['scheduler']} is one of Dask: give --executor dask, too")
    executor = "serial" if given["output"] == "-" else given["executor"]  # this process has the stream
    return Crew(executor, given["jobs"], given["scheduler"], given["fail_fast"])


def take_log(given: dict[str, Any]) -> Log:
    """What earlier runs have done, as far as the options ask."""
    from poolcli.run.log import Log

    if given["resume"] is None:
        return Log(None)
    if given["skip_existing"]:
        raise RequestError("--resume redoes what has changed, and --skip-existing leaves it: give one of them")
    if given["output"] == "-" or "-" in given["inputs"]:
        raise RequestError("--resume is for files: stdin and stdout cannot be taken up again")
    return Log(take_path("--resume", given["resume"]), notes=not given["dry_run"])
