"""What is installed, as a record and as a row of a table."""

from __future__ import annotations

from poolcli import __version__
from poolcli.report.records import Record
from poolcli.resources.extras import EXTRAS, has_extra
from poolcli.resources.limits import current

COLUMNS = ("poolcli", "backend", "threads", "extras")


def installation_record(backend: str) -> Record:
    """The version, the backend that pools, the threads it uses, and the extras that are there."""
    extras = [name for name in EXTRAS if has_extra(name)]
    return {
        "poolcli": __version__,
        "backend": backend,
        "threads": current().threads,
        "extras": extras,
    }


def installation_row(record: Record) -> tuple[str, ...]:
    """The row of a record."""
    extras = ", ".join(record["extras"]) or "none installed"
    return record["poolcli"], record["backend"], str(record["threads"]), extras
