"""What servers and the network refuse, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from poolcli.errors import FileError, PoolError

NOTHING = "there is nothing at this address"
NO_BUCKET = "there is no such bucket: make it first"
LIBRARIES = (
    "aiohttp",
    "botocore",
    "aiobotocore",
    "fsspec",
    "s3fs",
    "gcsfs",
    "google",
    "obstore",
    "yarl",
)


@contextmanager
def plain_errors(absent: str = NOTHING) -> Iterator[None]:
    """Turn what a server or the network refuses in this block into a FileError.

    `absent` is what is said where the server knows no such name.
    Messages of libraries are not passed on: they may hold the query of an address.
    """
    try:
        yield
    except PoolError:
        raise
    except Exception as error:
        is_foreseen = isinstance(error, OSError) or _library(error) in LIBRARIES
        if not is_foreseen:
            raise
        raise FileError(_reason(error, absent)) from None


def _reason(error: Exception, absent: str) -> str:
    if is_absent(error):
        return absent
    status, name = _status(error), type(_cause(error)).__name__
    if status in (401, 403) or isinstance(error, PermissionError) or "Credentials" in name:
        return "the server refuses access: set the credentials that the tools of its service read"
    if status is not None:
        return f"the server fails, also when asked again (status {status}): try later"
    return f"the server cannot be reached, or fails ({name}): check the address, or try later"


def is_absent(error: Exception) -> bool:
    """Whether a server says that there is no such file."""
    status = _status(error)
    found_none = status is None and isinstance(_cause(error), FileNotFoundError)
    return status in (404, 410) or found_none


def is_taken(error: Exception) -> bool:
    """Whether a server says that there is such a file already."""
    return isinstance(error, FileExistsError) or _status(error) == 412


def _cause(error: BaseException) -> BaseException:
    """What fsspec reports as a file that is not found; any other error as it is."""
    cause = error.__cause__
    if isinstance(error, FileNotFoundError) and cause and _library(cause) in LIBRARIES:
        return _cause(cause)
    return error


def _library(error: BaseException) -> str:
    return type(error).__module__.partition(".")[0]


def _status(error: BaseException | None) -> int | None:
    """The status of HTTP that an error comes from; None where there is none."""
    while error is not None:
        status = getattr(error, "status", None)
        if isinstance(status, int):
            return status
        response = getattr(error, "response", None)
        if isinstance(response, dict):
            code = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            return int(code) if code else None
        error = error.__cause__
    return None
