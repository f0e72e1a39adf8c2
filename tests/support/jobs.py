"""Jobs that need no files."""

from pathlib import Path

from poolcli.pipeline.parser import parse
from poolcli.run.job import Job, Settings


def job(name):
    return Job(Path(name), (Path(name + ".png"),), None, Settings(parse("max")))
