"""A picture through the command line."""

import pytest
from pooled_images import opened


@pytest.fixture
def pooled(cli, tmp_path):
    """Write an image, run a command on it, and open what came out."""

    def run(command, image, name="a.png", to=None, **options):
        image.save(tmp_path / name, **options)
        ran = cli(*command.split(), name, "-o", to or f"out-{name}", "--overwrite")
        assert (ran.code, ran.err) == (0, "")
        return opened(tmp_path / (to or f"out-{name}"))

    return run
