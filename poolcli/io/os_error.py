"""What the operating system refused, in plain words and with a cure."""

from __future__ import annotations

import errno

_REASONS = {
    errno.ENOENT: "there is no such file or folder",
    errno.EACCES: "permission is denied: change the permissions or choose another place",
    errno.EPERM: "permission is denied: change the permissions or choose another place",
    errno.EROFS: "the disk is read-only: choose another place",
    errno.ENOSPC: "the disk is full: free some space or choose another place",
    errno.EDQUOT: "the disk quota is used up: free some space or choose another place",
    errno.EFBIG: "the file is larger than this disk or its limits allow: choose another place",
    errno.ENOTDIR: "a part of the path is a file, not a folder: choose another place",
    errno.EISDIR: "it is a folder, not a file: name a file",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
    errno.EEXIST: "it already exists: --overwrite replaces it",
    errno.ELOOP: "its symbolic links go round in a circle: name the file itself",
    errno.EMFILE: "too many files are open: raise the limit with ulimit -n, or do less at once",
}


def reason(error: OSError) -> str:
    """Why a system call failed, in one line without the path."""
    return (
        _REASONS.get(error.errno or 0)
        or error.strerror
        or " ".join(str(error).split())
        or type(error).__name__
    )
