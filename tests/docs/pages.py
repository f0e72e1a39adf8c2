"""Read the pages of the documentation, run their commands, and make their generated parts.

A page is a README or a file of docs/. Three things in it are run, in their order, in a folder that
holds what a fresh clone holds:

* a `sh` block, as one script of Bash that must succeed;
* a `python` block, which must run, and whose `>>>` lines must give what is written;
* a part between `<!-- begin: NAME -->` and `<!-- end -->`. The NAME is one of `TABLES`, or a line
  of Bash, and then the part is what it prints.

`python tests/docs/pages.py` writes the generated parts and the pictures anew, and the manual pages
of docs/man, which the package installs. Nothing else does.
"""

import doctest
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from tables import TABLES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MANUAL = DOCS / "man"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
ELSEWHERE = (
    "frameworks",
    "speed",
    "speed summary",
)  # tests/conformance/frameworks.py, python -m benchmarks.plot

PART = re.compile(
    r"^<!-- begin: (?P<name>.+?) -->\n(?P<text>.*?)^<!-- end -->$"
    r"|^```(?P<language>sh|python)\n(?P<code>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
NEEDS = re.compile(r"^<!-- needs: (.+) -->$", re.MULTILINE)
PICTURE = re.compile(r'\]\(([^)\s]+\.png)\)|src="([^"]+\.png)"')
TIMES = re.compile(r'"\w+_ms": [\d.]+|\d+\.\d+ ms')


@dataclass(frozen=True)
class Failure:
    """What a page says and what is so."""

    part: str
    expected: str
    found: str


@dataclass
class Session:
    """A folder with what a clone holds, where the parts of one page are run one after the other."""

    folder: Path
    names: dict = field(default_factory=lambda: {"__name__": "page"})

    def __post_init__(self):
        self.root = self.folder / "clone"
        self.here = self.root
        shutil.copytree(ROOT / "samples", self.root / "samples", ignore=_pooled)
        shutil.copytree(DOCS / "img", self.root / "docs/img")
        (self.folder / "bin").mkdir()
        for name, words in (("poolcli", " -m poolcli"), ("python", "")):
            shim = self.folder / "bin" / name
            shim.write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n', encoding="utf-8")
            shim.chmod(0o755)

    def bash(self, script):
        """The exit code of a script and what it prints. The next script starts where it ends."""
        where = self.folder / "where"
        ran = subprocess.run(
            ["bash", "-c", f"trap 'pwd > \"{where}\"' EXIT\nset -euo pipefail\n{script}"],
            cwd=self.here,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        self.here = Path(where.read_text(encoding="utf-8").rstrip("\n"))
        return ran.returncode, ran.stdout

    def python(self, code):
        """What is wrong with Python code: "" where nothing is."""
        back = Path.cwd()
        os.chdir(self.here)
        try:
            if ">>>" not in code:
                exec(compile(code, "page", "exec"), self.names)
                return ""
            said = []
            test = doctest.DocTestParser().get_doctest(code, self.names, "page", None, 0)
            doctest.DocTestRunner().run(test, out=said.append, clear_globs=False)
            self.names.update(test.globs)
            return "".join(said)
        finally:
            os.chdir(back)

    def generated(self, name):
        """The text of a generated part."""
        if name in TABLES:
            return TABLES[name]()
        printed = self.bash(name)[1]
        if "Traceback" in printed:
            raise AssertionError(f"{name}: {printed}")
        lines = [line.rstrip() for line in printed.rstrip().splitlines()]
        return "\n".join(["```", f"$ {name}", *lines, "```", ""])

    def _environment(self):
        plain = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb", "LC_ALL": "C.UTF-8"}
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, **plain, "PATH": path, "PYTHONPATH": str(ROOT)}


def _pooled(_, names):
    """What earlier commands left beside the samples."""
    left = re.compile(r"\w*[a-z]\w*-.*\.(png|npy|zarr)")
    return [name for name in names if left.fullmatch(name)]


def needs(page):
    """The modules that the commands of a page need beside poolcli's own."""
    return [
        name for found in NEEDS.findall(page.read_text(encoding="utf-8")) for name in found.split()
    ]


def check(page, session):
    """Run a page and yield each Failure."""
    for part in PART.finditer(page.read_text(encoding="utf-8")):
        if part["name"] in ELSEWHERE or (part["code"] and "venv" in part["code"]):
            continue
        if part["name"]:
            found = session.generated(part["name"])
            if without_times(found) != without_times(part["text"]):
                yield Failure(part["name"], part["text"], found)
        elif part["language"] == "sh":
            code, printed = session.bash(part["code"])
            if code:
                yield Failure(part["code"], "exit code 0", f"exit code {code}\n{printed}")
        elif wrong := session.python(part["code"]):
            yield Failure(part["code"], "what is written", wrong)
    for picture, made in pictures(page, session):
        if not same_picture(picture, made):
            yield Failure(picture.name, "the picture that the commands make", "another")


def pictures(page, session):
    """The pictures in docs/ that a page shows and its commands make, each with what they made."""
    for pair in PICTURE.findall(page.read_text(encoding="utf-8")):
        picture = (page.parent / (pair[0] or pair[1])).resolve()
        made = session.here / picture.name
        if DOCS in picture.parents and made.exists():
            yield picture, made


def same_picture(one, other):
    """Whether two files hold the same pixels."""
    if not one.exists():
        return False
    with Image.open(one) as first, Image.open(other) as second:
        same = (first.mode, first.size) == (second.mode, second.size)
        return same and np.array_equal(np.asarray(first), np.asarray(second))


def without_times(text):
    """The text without what differs between runs and machines: times, and memory of threads."""
    lines, columns = [], []
    for line in TIMES.sub("", text).splitlines():
        if re.search(r" (read ms|pool ms|at once)\b", line):
            columns = [found.span() for found in re.finditer(r"\w+ ms|(?<=bands) +at once", line)]
        elif not line or line.startswith("`"):
            columns = []
        else:
            for start, end in columns:
                line = line[:start] + " " * (end - start) + line[end:]  # noqa: PLW2901
        lines.append(re.sub(r" +", " ", line.strip(" ─")))
    return lines


def update(page, session):
    """Write the generated parts of a page anew, and the pictures that its commands make."""

    def fresh(part):
        if part["name"] in ELSEWHERE or (part["code"] and "venv" in part["code"]):
            return part[0]
        if part["language"] == "sh":
            code, printed = session.bash(part["code"])
            if code:
                raise SystemExit(f"{page}: {part['code']}{printed}")
        if not part["name"]:
            return part[0]
        text = session.generated(part["name"])
        kept = part["text"] if without_times(text) == without_times(part["text"]) else text
        return f"<!-- begin: {part['name']} -->\n{kept}<!-- end -->"

    text = page.read_text(encoding="utf-8")
    page.write_text(PART.sub(fresh, text), encoding="utf-8")
    for picture, made in pictures(page, session):
        if not same_picture(picture, made):
            shutil.copy(made, picture)


def manual_pages():
    """The text of each manual page by its path, as `poolcli man` prints it."""
    import click

    from poolcli.cli.group import COMMANDS, poolcli
    from poolcli.cli.man import manual_page
    from poolcli.pipeline.table import OPS

    top = poolcli.make_context("poolcli", [], resilient_parsing=True)
    pages = {MANUAL / "poolcli.1": manual_page(poolcli, top, "poolcli")}
    for name in (*OPS, *COMMANDS):
        command = poolcli.get_command(top, name)
        context = click.Context(command, parent=top)
        pages[MANUAL / f"poolcli-{name}.1"] = manual_page(command, context, f"poolcli {name}")
    return pages


def update_manual():
    """Write the manual pages that the package installs, and remove those of no command."""
    pages = manual_pages()
    for old in set(MANUAL.glob("*.1")) - pages.keys():
        old.unlink()
    MANUAL.mkdir(exist_ok=True)
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")


def main():
    """Update the pages that are named, or all, the manual among them."""
    import tempfile
    from importlib.util import find_spec

    if not sys.argv[1:]:
        update_manual()

    for page in [Path(name).resolve() for name in sys.argv[1:]] or PAGES:
        if missing := [name for name in needs(page) if not find_spec(name)]:
            sys.stderr.write(f"{page}: left as it is, it needs {', '.join(missing)}\n")
            continue
        with tempfile.TemporaryDirectory() as folder:
            update(page, Session(Path(folder)))


if __name__ == "__main__":
    main()
