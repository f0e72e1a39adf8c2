"""Help that fits the terminal, in sections, with examples."""

from __future__ import annotations

from collections.abc import Iterable

import click

from poolcli.cli.examples import EXAMPLES

# Sections that many commands share come last, in this order, after those of the command itself.
LAST = ("Inputs", "Outputs", "Run", "Report", "Other")
# What most calls of a command that pools files need comes first.
EVERYDAY = {"--kernel", "--stride", "--padding", "--output", "--recursive", "--overwrite"}
NARROWEST = 20  # columns that help is formatted for at least

_WHOLE = "\N{NON-BREAKING HYPHEN}"  # in words, which textwrap would cut behind a hyphen

HelpRows = list[tuple[str, str]]  # an option or a command, and its help


class HelpFormatter(click.HelpFormatter):
    """Lines as wide as the terminal, up to a width that is easy to read (Click's minimum is 50)."""

    def __init__(
        self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None
    ) -> None:
        from shutil import get_terminal_size  # here, as it imports all kinds of compression

        columns = min(get_terminal_size().columns, max_width or 80)
        super().__init__(indent_increment, width or max(columns - 2, NARROWEST))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write two columns; the first takes at most a third of the width."""
        whole = [(first, text.replace("-", _WHOLE)) for first, text in rows]
        super().write_dl(whole, min(col_max, self.width // 3), col_spacing)

    def getvalue(self) -> str:
        return super().getvalue().replace(_WHOLE, "-")


class HelpContext(click.Context):
    """A context whose help is written by `HelpFormatter`."""

    formatter_class = HelpFormatter


class Helpful(click.Command):
    """A command whose help has sections of options, then examples."""

    context_class = HelpContext

    def sections(self, ctx: click.Context) -> dict[str, HelpRows]:
        """The options and their help, by the title of the section they belong to."""
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        pools_files = any("--executor" in option.opts for option in options)
        sections: dict[str, HelpRows] = {"Everyday": []} if pools_files else {}
        for option in options:
            is_everyday = pools_files and not EVERYDAY.isdisjoint(option.opts)
            title = "Everyday" if is_everyday else getattr(option, "group", "Other")
            if row := option.get_help_record(ctx):
                sections.setdefault(title, []).append(row)
        return {title: sections[title] for title in sorted(sections, key=_position)}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, rows in self.sections(ctx).items():
            with formatter.section(title):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, each on a line that can be copied, and the command's epilog."""
        if examples := EXAMPLES.get(self.name or ""):
            with formatter.section("Examples"):
                for example in examples:
                    formatter.write(f"{'':{formatter.current_indent}}{example}\n")
        super().format_epilog(ctx, formatter)


def _position(title: str) -> int:
    return LAST.index(title) if title in LAST else -1
