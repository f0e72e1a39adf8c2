"""Commands and their arguments as Click knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from poolcli.cli.help import Helpful
from poolcli.cli.option import with_bare_values
from poolcli.cli.refusals import check_spelling, unreadable
from poolcli.errors import RequestError

if TYPE_CHECKING:
    from poolcli.cli.suggestions import Items


class Command(Helpful, click.Command):
    """A command with help in sections, which names a similar option where one is unknown."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        check_spelling(self, args)
        try:
            return super().parse_args(ctx, with_bare_values(args, self.params))
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise self.unreadable(error, args) from None

    def unreadable(self, error: click.UsageError, args: list[str]) -> RequestError:
        """The error to show for what Click refuses."""
        return unreadable(self, error, args)


class PipelinesCommand(Command):
    """A command that takes pipelines: an unknown option may be one of theirs, unquoted."""

    def unreadable(self, error: click.UsageError, args: list[str]) -> RequestError:
        refusal = super().unreadable(error, args)
        if not isinstance(error, click.NoSuchOption):
            return refusal
        hint = "The options of a pipeline go into its quotes, like 'max -k 4'"
        return RequestError(f"{refusal}. {hint}")


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
