"""The documentation is true: commands run, outputs are what they print, links lead somewhere."""

import re
import subprocess
import sys
import tomllib
from functools import cache

import pages
import pytest
import tables
from representatives import first

import poolcli
from poolcli.maps.cached import cached_property

ROOT, DOCS, README = pages.ROOT, pages.DOCS, pages.ROOT / "README.md"
REGENERATE = "run: python tests/docs/pages.py"


def name(page):
    return page.relative_to(ROOT).as_posix()


@cache
def text(page):
    return page.read_text(encoding="utf-8")


# What pages tell the reader to run ---------------------------------------------------------------


def report(failures):
    """Fail where something on a page is not so."""
    for failure in failures:
        pytest.fail(
            f"{failure.part}\n--- page\n{failure.expected}\n--- now\n{failure.found}\n{REGENERATE}"
        )


LABELS = DOCS / "how-to/labels.md"  # which has commands, Python and what commands print
LABELS_FIRST = sorted(pages.PAGES, key=lambda page: page != LABELS)


@pytest.mark.parametrize(
    "page", first(1, [page for page in LABELS_FIRST if page != README]), ids=name
)
def test_a_page_runs_and_its_outputs_are_up_to_date(page, tmp_path):
    for module in pages.needs(page):
        pytest.importorskip(module)
    report(pages.check(page, pages.Session(tmp_path)))


def test_times_and_what_depends_on_the_machine_do_not_count():
    first = "input   read ms   output\n────\na.png       1.5   b.png\n"
    assert pages.without_times(first) == pages.without_times(first.replace(" 1.5", "12.5"))
    assert pages.without_times(first) != pages.without_times(first.replace("b.png", "c.png"))


def test_a_wrong_page_is_found(tmp_path):
    wrong = tmp_path / "page.md"
    wrong.write_text(
        "```sh\nfalse\n```\n```python\n>>> 1 + 1\n3\n\n```\n"
        "<!-- begin: echo poolcli -->\n```\n$ echo poolcli\nother\n```\n<!-- end -->\n"
    )
    session = pages.Session(tmp_path / "session")
    assert [failure.part for failure in pages.check(wrong, session)] == [
        "false\n",
        ">>> 1 + 1\n3\n\n",
        "echo poolcli",
    ]


@pytest.mark.parametrize("page", pages.PAGES, ids=name)
def test_outputs_are_generated(page):
    """What a command prints stands between the marks alone, where it is compared."""
    outside = re.sub(
        r"^<!-- begin: .*?^<!-- end -->$",
        "",
        text(page),
        flags=re.DOTALL | re.MULTILINE,
    )
    blocks = re.findall(r"^```\w*\n(.*?)^```$", outside, re.DOTALL | re.MULTILINE)
    assert not [block for block in blocks if re.search(r"^\$ |─{8}", block, re.MULTILINE)]


def test_nearly_every_page_runs_something():
    still = {page.stem for page in pages.PAGES if not list(pages.PART.finditer(text(page)))}
    assert still <= {
        "addresses",
        "index",
        "CONTRIBUTING",
        "architecture",
        "bibliography",
        "values",
        "files",
    }


# The README --------------------------------------------------------------------------------------


def test_the_readme_is_short():
    lines = text(README).splitlines()
    assert len(lines) <= 200
    assert [line for line in lines if len(line) > 110] == []


@pytest.mark.parametrize("mark", ["main command", "test command"])
def test_a_command_follows_its_mark(mark):
    """It is found by the line that marks it, and the block below that line."""
    after = text(README).split(f"\n<!-- {mark} -->\n")
    assert len(after) == 2
    assert after[1].startswith("```sh\npython3 -m venv .venv && ")


def test_the_test_command_is_one_line():
    block = text(README).split("<!-- test command -->\n```sh\n")[1].split("```")[0]
    assert block.count("\n") == 1
    assert ".venv/bin/python -m pytest" in block


@pytest.mark.complete
def test_the_readme_runs_and_what_it_writes_is_ignored_by_git(tmp_path):
    session = pages.Session(tmp_path)
    before = {path for path in session.root.rglob("*") if path.is_file()}
    report(pages.check(README, session))
    written = {path for path in session.root.rglob("*") if path.is_file()} - before
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    names = [path.relative_to(session.root).as_posix() for path in sorted(written)]
    names += [
        "samples/stars-max.png",
        ".venv/bin/poolcli",
        "site/index.html",
        "poolcli.egg-info/PKG-INFO",
    ]
    ignored = subprocess.run(
        ["git", "-C", ROOT, "check-ignore", "--no-index", "--stdin"],
        input="\n".join(names),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ignored.stdout.split() == names


# The reference of Python --------------------------------------------------------------------------


class Example:
    """A class.

    Parameters
    ----------
    x : int
        A number
        of things.

    >>> isinstance(Example(1), Example)
    True
    """

    def __init__(self, x: "int") -> None: ...

    def __call__(self, y: "str" = "a", *, flag: "bool" = False) -> "list[str]":
        """What a call gives."""

    @property
    def size(self):
        """The size."""

    @cached_property
    def square(self):
        """The square of the size."""

    def _private(self):
        """Nothing to see."""


def test_a_class_is_described_with_its_members():
    described = "\n".join(tables.described("Example", Example))
    assert "Example(x: int) -> None" in described
    assert "**Parameters**\n\n* `x : int`: A number of things.\n" in described
    assert "```python\n>>> isinstance(Example(1), Example)\nTrue\n```" in described
    assert "__call__(self, y: str = 'a', *, flag: bool = False) -> list[str]" in described
    assert "### `Example.size`" in described
    assert "### `Example.square`" in described
    assert "_private" not in described


# Links, citations, metadata ----------------------------------------------------------------------


@pytest.mark.parametrize("page", pages.PAGES, ids=name)
def test_links_lead_to_files(page):
    links = re.findall(r"\]\((?!http)([^)#\s]+)(?:#[^)]*)?\)|src=\"([^\"]+)\"", text(page))
    broken = [link for pair in links if not (page.parent / (link := pair[0] or pair[1])).exists()]
    assert broken == []


def test_every_page_is_in_the_navigation():
    navigation = text(ROOT / "mkdocs.yml").split("\nnav:")[1]
    listed = set(re.findall(r": ([\w./-]+\.md)", navigation))
    assert {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")} <= listed


AUTHOR = r"[A-Z][\w-]*[a-z][\w-]*"
CITATION = re.compile(
    rf"\b({AUTHOR})(?:,? (?:and )?{AUTHOR})*(?: et al\.)?,? (1[89]\d\d|20[0-2]\d)\b(?!-\d)"
)
NO_AUTHORS = {"Measured", "Nov", "Copyright", "Keras", "OpenVINO", "PyTorch", "Sun"}


def cited(words):
    """First authors and years of what a text cites."""
    return {found for found in CITATION.findall(words) if found[0] not in NO_AUTHORS}


@cache
def bibliography():
    entries = re.findall(
        r"^\* \*\*(.+?)\.\*\*", text(DOCS / "explanation/bibliography.md"), re.MULTILINE
    )
    return {found for entry in entries for found in CITATION.findall(entry)}


def test_what_is_cited_is_in_the_bibliography():
    package = [path.read_text(encoding="utf-8") for path in (ROOT / "poolcli").rglob("*.py")]
    recipes = [
        path.read_text(encoding="utf-8") for path in (ROOT / "samples/recipes").glob("*.toml")
    ]
    shown = [text(page) for page in pages.PAGES if page.stem != "bibliography"]
    known = {(author.split("-")[-1], year) for author, year in bibliography()}
    missing = {
        (author, year)
        for words in (*package, *recipes, *shown)
        for author, year in cited(words)
        if (author.split("-")[-1], year) not in known
    }
    assert missing == set()
    assert len(bibliography()) >= 40


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_the_paths_it_names_are_there(page):
    named = re.findall(r"`((?:poolcli|tests|docs|samples|benchmarks)/[\w/.]*)`", text(ROOT / page))
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_names_it_gives_are_in_the_files_it_names():
    named = re.findall(
        r"`(\w+)`(?: and `(\w+)`)?\s+in\s+`((?:poolcli|tests)/[\w/.]+)`",
        text(ROOT / "CONTRIBUTING.md"),
    )
    assert len(named) >= 5
    for *words, path in named:
        assert [word for word in words if word not in text(ROOT / path)] == []


def test_the_speed_page_tells_the_last_results():
    plot = pytest.importorskip("benchmarks.plot")
    for path, fresh in plot.pages().items():
        assert path.read_text(encoding="utf-8") == fresh, "run: python -m benchmarks.plot"


def test_licence_and_citation_agree_with_the_project():
    project = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]
    assert project["license"] == "BSD-3-Clause"
    assert text(ROOT / "LICENSE").startswith("BSD 3-Clause License")
    citation = text(ROOT / "CITATION.cff")
    (author,) = project["authors"]
    for line in (
        "cff-version: 1.2.0",
        f"version: {poolcli.__version__}",
        f"license: {project['license']}",
        f"  - name: {author['name']}",
    ):
        assert f"\n{line}\n" in f"\n{citation}"


def test_the_site_builds(tmp_path):
    pytest.importorskip("mkdocs")
    pytest.importorskip("material")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "gallery/index.html").exists()
    assert "<h1" in (tmp_path / "tutorial.html").read_text(encoding="utf-8")
