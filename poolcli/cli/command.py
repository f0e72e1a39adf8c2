"""Commands and their arguments as Click knows them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from poolcli.cli.help import Helpful
from poolcli.cli.option import parted_value, with_bare_values
from poolcli.errors import RequestError
from poolcli.pipeline.parameters import no_option
from poolcli.pipeline.registry import is_operation
from poolcli.pipeline.table import OPS

if TYPE_CHECKING:
    from poolcli.cli.suggestions import Items


class Command(Helpful, click.Command):
    """A command with help in sections, which names a similar option where one is unknown."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if joined := parted_value(args, self.params):
            flag, _, value = joined.partition("=")
            raise RequestError(f"{flag} {value}: its value is joined to it: write {joined}")
        try:
            return super().parse_args(ctx, with_bare_values(args, self.params))
        except click.NoSuchOption as error:
            known = [
                flag for option in self.params for flag in (*option.opts, *option.secondary_opts)
            ]
            if error.option_name == "--indices" and is_operation(self.name or ""):
                raise RequestError(f"{self.name} has no --indices: {_indexed()}") from None
            if error.option_name in ("--version", "-V"):
                wrong = f"{self.name} has no option {error.option_name}"
                raise RequestError(f"{wrong}; it is poolcli --version") from None
            refusal = no_option(self.name or "", error.option_name, tuple(known))
            raise RequestError(f"{refusal}{_file_hint(args)}") from None


def _indexed() -> str:
    """Which operations have indices."""
    *others, last = [row.name for row in OPS.values() if row.indexed]
    return f"{', '.join(others)} and {last} have, whose results are pixels of the map"


def _file_hint(args: list[str]) -> str:
    """What to add where an argument is a file whose name looks like an option."""
    name = next((word for word in args if word[0] == "-" and os.path.exists(word)), None)  # noqa: PTH110
    return f"; the file of that name is ./{name}" if name else ""


class PipelinesCommand(Command):
    """A command that takes pipelines: an unknown option may be one of theirs, unquoted."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except RequestError as error:
            hint = "The options of a pipeline go into its quotes, like 'max -k 4'"
            raise RequestError(f"{error}. {hint}") from None


class PipelinesAndInputs(click.Argument):
    """The words of a command that are no options: pipelines where it takes some, and inputs."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> Items:
        """Offer files, and pipelines where one may come next."""
        from poolcli.cli.suggestions import files, pipelines

        metavar = str(self.metavar)
        has_pipeline = ctx.params.get(self.name or "") or ctx.params.get("file")
        takes_many = metavar.startswith(("BRANCHES...", "PIPELINE..."))
        takes_one = "PIPELINE" in metavar and not has_pipeline
        steps = pipelines(incomplete) if takes_many or takes_one else []
        return steps if " " in incomplete else files(incomplete) + steps


def inputs_argument(name: str, metavar: str) -> click.Argument:
    """The argument that takes every word that is no option."""
    return PipelinesAndInputs([name], nargs=-1, metavar=metavar)
