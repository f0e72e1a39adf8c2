"""Comparisons written before what they compare: they must be refused until poolcli has it, and run from then on."""

import click
import pytest

from poolcli import RequestError
from poolcli.cli import poolcli as group


class RefusedError(Exception):
    """The command line does not know what it is asked for."""


def has(feature):
    """Whether there is this command, or this flag of `max`."""
    with click.Context(group) as ctx:
        if not feature.startswith("--"):
            return feature in group.list_commands(ctx)
        options = group.get_command(ctx, "max").params
        return any(feature in option.opts for option in options)


def needs(*features):
    """A test of these features, to be refused as long as one is missing."""
    missing = [feature for feature in features if not has(feature)]
    reason = f"needs {' and '.join(missing)}"
    return pytest.mark.xfail(
        bool(missing), raises=(RequestError, RefusedError), strict=True, reason=reason
    )


def answered(ran):
    """What the command line did, which is no refusal."""
    if ran.code == 2:
        raise RefusedError(ran.err)
    assert ran.code == 0, ran.err
    return ran
