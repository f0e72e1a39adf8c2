"""What a run on one large array has done, by its log and its files."""

import json


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
