"""What a run on one large array has done, by its log and its files."""

import json
import os

from processes import end, run, start, wait_for, workers_of


def files_of(path):
    """The bytes of a file, or of all files of a folder."""
    if path.is_file():
        return path.read_bytes()
    return {
        str(each.relative_to(path)): each.read_bytes()
        for each in sorted(path.rglob("*"))
        if each.is_file()
    }


def has_gone_on(process, folder, before):
    return len(logged(folder)) > before or process.poll() is not None


def logged(folder):
    log = folder / "log.jsonl"
    lines = log.read_bytes().split(b"\n")[:-1] if log.exists() else []
    return [record for record in map(json.loads, lines) if record.get("region") is not None]


def check_without_a_worker(words, folder):
    """One of the processes of a run is killed, and the others do its work: the same bytes."""
    assert run(f"{words} -o a.zarr", folder)[0] == 0
    process = start(f"{words} -o b.zarr --executor processes --resume log.jsonl", folder)
    wait_for(lambda: logged(folder))
    killed = workers_of(process.pid)[:1]
    for pid in killed:
        os.kill(pid, 9)
    assert killed
    assert end(process)[0] == 0
    assert files_of(folder / "a.zarr") == files_of(folder / "b.zarr")
