"""Run the command line: open the streams, run a command, turn what went wrong into an exit code."""

from __future__ import annotations

import errno
import os
import sys
import threading
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

import click

from poolcli.cli.group import poolcli
from poolcli.cli.immediate_exit import exit_immediately
from poolcli.cli.standard_streams import prepare_streams
from poolcli.errors import PoolError, in_flags, plain

INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def main(args: list[str] | None = None) -> NoReturn:
    """Run a command and exit with its code; a foreseen error is one line on stderr."""
    prepare_streams()
    if "_POOLCLI_COMPLETE" in os.environ:
        import_module("poolcli.cli.completion")  # registers the shells with Click
    code = 0
    try:
        code = _run(args)
        sys.stdout.flush()
    except PoolError as error:
        code = _fail(in_flags(error), error.exit_code)
    except click.ClickException as error:
        code = _fail(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        code = _fail("interrupted", INTERRUPTED)
    except SystemExit:  # Click exits like this when stdout is a closed pipe
        code = 0
    except OSError as error:
        code = _system_error(error, code)
    except MemoryError:
        code = _fail("there is not enough memory: free some, or give a lower --max-memory", 1)
    _exit(code)


def _run(args: list[str] | None) -> int:
    if "POOLCLI_BACKEND" in os.environ:
        import_module("poolcli.engine.backend").name()  # refused once, and not for each file
    try:
        code: int = poolcli.main(args, prog_name="poolcli", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return 2
    return code


def _exit(code: int) -> NoReturn:
    """Exit; after an interruption without waiting for worker threads that still run."""
    if code == INTERRUPTED and threading.active_count() > 1:
        exit_immediately(code)
    sys.exit(code)


def _system_error(error: OSError, code: int) -> int:
    """Report what the system refused, unless it is a closed pipe or follows a failure."""
    from poolcli.io import reason

    if error.filename is None:
        # stdout failed. The null device takes what is still buffered, which the interpreter would
        # otherwise try to write again while it shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if code or isinstance(error, BrokenPipeError):
        return code
    if error.filename is None and error.errno == errno.ENOENT:  # os.getcwd names no file
        return _fail("the current folder was removed: go to another one", 1)
    return _fail(f"{error.filename or 'stdout'}: {reason(error)}", 1)


def _fail(message: str, code: int) -> int:
    with suppress(OSError):  # stderr may be closed; the exit code remains
        click.echo(f"Error: {plain(message)}", err=True)
    return code
