"""Which files may be large enough for regions: what a small file needs to be told from one."""

from __future__ import annotations

from pathlib import Path

from poolcli import io
from poolcli.run.job import STREAM, Job

_LARGE_FILE = 1 << 20  # bytes of a file that may hold values worth regions, packed


def may_have_regions(job: Job, readable: io.Readable) -> bool:
    """Whether a job makes one file of one map each, of a file on the disk that is not small."""
    return not job.pipeline.several and is_large_file(job, readable)


def is_large_file(job: Job, readable: io.Readable) -> bool:
    """Whether a job makes one file and nothing else, of a file on the disk that is not small."""
    outputs = job.outputs
    is_plain = outputs.indices is None and outputs.draw is None
    if not is_plain or not isinstance(readable, Path) or job.parts_levels:
        return False
    if job.target == STREAM or io.is_device(job.target):
        return False
    if not readable.is_file():
        return readable.is_dir()
    is_small = outputs.memory is None and readable.stat().st_size < _LARGE_FILE
    return not (is_small or io.is_decoded_whole(readable))
