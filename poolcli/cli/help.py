"""Help that fits the terminal, in groups, with examples."""

from __future__ import annotations

from shutil import get_terminal_size

import click

from poolcli.cli.examples import EXAMPLES

LAST = ("Inputs", "Outputs", "Run", "Report", "Other")  # behind what is the command's own


class Formatter(click.HelpFormatter):
    """Lines as wide as the terminal, however narrow, up to what is still easy to read."""

    def __init__(
        self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None
    ) -> None:
        room = min(get_terminal_size().columns, max_width or 80)
        super().__init__(indent_increment, width or max(room - 2, 20))

    def write_dl(
        self, rows: list[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:  # type: ignore[override]
        """Words and what they mean, in two columns."""
        super().write_dl(rows, min(col_max, self.width // 3), col_spacing)


class Context(click.Context):
    """Where help is written by the formatter above."""

    formatter_class = Formatter


Rows = list[tuple[str, str]]


class Helpful(click.Command):
    """A command whose help has sections: its options by what they are about, then examples."""

    context_class = Context

    def sections(self, ctx: click.Context) -> dict[str, Rows]:
        """The options and their help under the headings they belong to."""
        groups: dict[str, Rows] = {}
        for option in self.get_params(ctx):
            if isinstance(option, click.Option) and (line := option.get_help_record(ctx)):
                groups.setdefault(getattr(option, "group", "Other"), []).append(line)
        return dict(
            sorted(
                groups.items(), key=lambda group: LAST.index(group[0]) if group[0] in LAST else -1
            )
        )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, rows in self.sections(ctx).items():
            with formatter.section(title):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, each in a line that can be copied."""
        if examples := EXAMPLES.get(self.name or ""):
            with formatter.section("Examples"):
                for line in examples:
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")
        super().format_epilog(ctx, formatter)
