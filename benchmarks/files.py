"""Whole commands on files, next to other programs: `python -m benchmarks.files`.

A program is a row of `PROGRAMS`: what makes half of {input} as {output}, pixels averaged two by
two. JPEG is written at the quality poolcli uses. In a folder the others work on two files at a
time, each in a process of its own.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory
from time import perf_counter

import click

from benchmarks import photos, show

POOLCLI = (
    f"{shlex.quote(sys.executable)} -m poolcli avg -k 2 {{input}} -o {{output}} --overwrite -q"
)
NUMPY = (
    "import numpy as n; x = n.load('{input}'); "
    "n.save('{output}', x.reshape(3, 1500, 2, 2000, 2).mean((2, 4), dtype='f4'))"
)
PROGRAMS = {
    "vips": {
        "png": "vips shrink {input} {output} 2 2",
        "jpg": "vips shrink {input} {output}[Q=95,subsample_mode=off] 2 2",
    },
    "gm": {
        "png": "gm convert {input} -scale 50% {output}",
        "jpg": "gm convert {input} -scale 50% -quality 95 -sampling-factor 1x1 {output}",
    },
    "magick": {
        "png": "magick {input} -scale 50% {output}",
        "jpg": "magick {input} -scale 50% -quality 95 -sampling-factor 1x1 {output}",
    },
    "gdal_translate": {
        "png": "gdal_translate -q -r average -outsize 50% 50% {input} {output}",
        "jpg": "gdal_translate -q -r average -outsize 50% 50% -of JPEG -co QUALITY=95 "
        "{input} {output}",
    },
    "oiiotool": {
        "png": "oiiotool {input} --resize:filter=box 50% -o {output}",
        "jpg": "oiiotool {input} --resize:filter=box 50% --compression jpeg:95 "
        "--attrib jpeg:subsampling 4:4:4 -o {output}",
    },
    "numpy": {"npy": f"{shlex.quote(sys.executable)} -c {shlex.quote(NUMPY)}"},
}
# Programs that compute something else, by the kind of file: they are not ranked.
UNLIKE = {
    ("gdal_translate", "jpg"): "libjpeg decodes at half the size, which averages no pixels",
}
FILES = ("photo.png", "drawing.png", "photo.jpg", "photo.npy")
FOLDERS = ("png", "jpg")
AT_ONCE = 2
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}


@dataclass(frozen=True)
class Work:
    """Milliseconds of whole processes, and bytes written, by program.

    `cpu` is the processor time of all their threads, which other work on the machine changes less.
    """

    line: str
    ms: dict[str, float]
    cpu: dict[str, float]
    written: dict[str, int]

    @property
    def notes(self) -> dict[str, str]:
        """Why programs are not ranked."""
        kind = self.line[-3:]
        return {program: UNLIKE[program, kind] for program in self.ms if (program, kind) in UNLIKE}

    @property
    def fastest(self) -> str | None:
        return self._least(self.ms)

    @property
    def ratio(self) -> float | None:
        """How many times as long the fastest other takes."""
        return self.ms[self.fastest] / self.ms["poolcli"] if self.fastest else None

    @property
    def cpu_ratio(self) -> float | None:
        """How many times the processor time the thriftiest other takes."""
        other = self._least(self.cpu)
        return self.cpu[other] / self.cpu["poolcli"] if other else None

    def _least(self, times: dict[str, float]) -> str | None:
        others = times.keys() - {"poolcli"} - self.notes.keys()
        return min(others, key=lambda name: times[name], default=None)


@click.command(context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.option(
    "--repeats",
    default=5,
    type=click.IntRange(1),
    help="Runs of each command, in turn; the shortest counts.",
)
@click.option("--line", "text", default="", help="Only lines whose name has this text.")
@click.option(
    "--json",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write all numbers here, too.",
)
def main(repeats: int, text: str, file: Path | None) -> None:
    """Time whole commands on twelve megapixels, and on folders of a hundred photos."""
    machine = show.machine()
    show.console.print(machine, highlight=False)
    with TemporaryDirectory() as folder:
        photos.make(Path(folder))
        rows = list(work(Path(folder), repeats, text))
    show.work(rows)
    if file:
        more = ("notes", "fastest", "ratio", "cpu_ratio")
        told = [asdict(row) | {name: getattr(row, name) for name in more} for row in rows]
        file.write_text(
            json.dumps({"date": str(date.today()), "machine": machine, "files": told}, indent=1)
            + "\n"
        )


def work(folder: Path, repeats: int, text: str = "") -> Iterator[Work]:
    """A row for each file, and for each folder, whose name has the text."""
    for name in (name for name in FILES if text in name):
        yield _timed(name, folder, _commands(folder, name), repeats)
    for kind in FOLDERS:
        line = f"{len(list((folder / kind).iterdir()))} {kind}"
        if text not in line:
            continue
        commands = _commands(folder, f"{kind}/{{}}", kind)
        each = f"ls {folder / kind} | xargs -P {AT_ONCE} -I{{}} "
        shells = {program: each + shell for program, shell in commands.items()}
        own = POOLCLI.format(input=folder / kind, output=_out(folder, "poolcli"))
        yield _timed(line, folder, shells | {"poolcli": own}, repeats)


def _out(folder: Path, program: str) -> Path:
    out = folder / f"by-{program}"
    out.mkdir(exist_ok=True)
    return out


def _commands(folder: Path, name: str, kind: str = "") -> dict[str, str]:
    """What to run on a file, by program, where it is installed."""
    kind = kind or name.rpartition(".")[2]
    found = {"poolcli": POOLCLI}
    for program, shells in PROGRAMS.items():
        if kind in shells and (program == "numpy" or shutil.which(program)):
            found[program] = shells[kind]
    output = Path(name).name
    return {
        program: shell.format(input=folder / name, output=_out(folder, program) / output)
        for program, shell in found.items()
    }


def _timed(line: str, folder: Path, shells: dict[str, str], repeats: int) -> Work:
    for program in shells:
        shutil.rmtree(_out(folder, program))
        _out(folder, program)
    least: dict[str, tuple[float, float]] = {}
    for turn in range(repeats + 1):
        for program, shell in shells.items():
            ms, cpu = _run(shell)
            if turn:
                before = least.get(program, (ms, cpu))
                least[program] = min(ms, before[0]), min(cpu, before[1])
    written = {
        program: sum(file.stat().st_size for file in _out(folder, program).iterdir())
        for program in shells
    }
    ms, cpu = ({program: each[part] for program, each in least.items()} for part in (0, 1))
    return Work(line, ms, cpu, written)


def _run(shell: str) -> tuple[float, float]:
    """Milliseconds that a command takes, and those of processor time."""
    start, before = perf_counter(), getrusage(RUSAGE_CHILDREN)
    subprocess.run(shell, shell=True, check=True, env=ENVIRONMENT, cwd=Path(__file__).parents[1])
    ms, after = 1e3 * (perf_counter() - start), getrusage(RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return ms, 1e3 * used


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.files")
