"""Two paths that change places in one step, where the system can do that."""

from __future__ import annotations

import errno
import os
from functools import cache
from pathlib import Path
from typing import Any

_HERE = -100  # AT_FDCWD of linux/fcntl.h: relative paths are of the current folder
_EXCHANGE = 2  # RENAME_EXCHANGE of linux/fs.h
_IMPOSSIBLE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM)


def exchange(one: Path, other: Path) -> bool:
    """Let two paths change places; False where the system or the disk cannot do that.

    There is no moment at which either of them is missing. Raises OSError for what fails otherwise.
    """
    call = _renameat2()
    if call is None:
        return False
    import ctypes

    if not call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE):
        return True
    number = ctypes.get_errno()
    if number in _IMPOSSIBLE:
        return False
    raise OSError(number, os.strerror(number), str(other))


@cache
def _renameat2() -> Any:
    """The function of the C library: of glibc 2.28 and musl 1.2.6 on Linux; None elsewhere."""
    import ctypes

    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):  # the last one on Windows
        return None
    call.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return call
