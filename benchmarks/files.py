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
from statistics import median
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
    """Milliseconds of whole processes, and bytes written, by program."""

    line: str
    ms: dict[str, float]
    written: dict[str, int]

    @property
    def notes(self) -> dict[str, str]:
        """Why programs are not ranked."""
        kind = self.line[-3:]
        return {program: UNLIKE[program, kind] for program in self.ms if (program, kind) in UNLIKE}

    @property
    def fastest(self) -> str | None:
        others = self.ms.keys() - {"poolcli"} - self.notes.keys()
        return min(others, key=lambda name: self.ms[name], default=None)

    @property
    def ratio(self) -> float | None:
        """How many times as long the fastest other takes."""
        return self.ms[self.fastest] / self.ms["poolcli"] if self.fastest else None


@click.command(context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.option(
    "--repeats",
    default=5,
    type=click.IntRange(1),
    help="Runs of each command, in turn; the median counts.",
)
@click.option(
    "--json",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write all numbers here, too.",
)
def main(repeats: int, file: Path | None) -> None:
    """Time whole commands on twelve megapixels, and on folders of a hundred photos."""
    machine = show.machine()
    show.console.print(machine, highlight=False)
    with TemporaryDirectory() as folder:
        photos.make(Path(folder))
        rows = list(work(Path(folder), repeats))
    show.work(rows)
    if file:
        more = ("notes", "fastest", "ratio")
        told = [asdict(row) | {name: getattr(row, name) for name in more} for row in rows]
        file.write_text(
            json.dumps({"date": str(date.today()), "machine": machine, "files": told}, indent=1)
            + "\n"
        )


def work(folder: Path, repeats: int) -> Iterator[Work]:
    """A row for each file, and for each folder."""
    for name in FILES:
        yield _timed(name, folder, _commands(folder, name), repeats)
    for kind in FOLDERS:
        commands = _commands(folder, f"{kind}/{{}}", kind)
        each = f"ls {folder / kind} | xargs -P {AT_ONCE} -I{{}} "
        shells = {program: each + shell for program, shell in commands.items()}
        own = POOLCLI.format(input=folder / kind, output=_out(folder, "poolcli"))
        yield _timed(
            f"{len(list((folder / kind).iterdir()))} {kind}",
            folder,
            shells | {"poolcli": own},
            repeats,
        )


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
    times: dict[str, list[float]] = {program: [] for program in shells}
    for turn in range(repeats + 1):
        for program, shell in shells.items():
            start = perf_counter()
            subprocess.run(
                shell, shell=True, check=True, env=ENVIRONMENT, cwd=Path(__file__).parents[1]
            )
            if turn:
                times[program].append(1e3 * (perf_counter() - start))
    written = {
        program: sum(file.stat().st_size for file in _out(folder, program).iterdir())
        for program in shells
    }
    return Work(line, {program: median(each) for program, each in times.items()}, written)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.files")
