"""Names of outputs, and outputs that exist."""

import numpy as np
import pytest
from images import halves, load


class TestNames:
    def test_template(self, cli, photo, tmp_path):
        assert cli("avg", "photo.png", "--name", "{index:03}-{stem}.{op}{suffix}").code == 0
        assert (tmp_path / "001-photo.avg.png").exists()

    def test_pipeline_is_named_after_its_steps(self, cli, photo, tmp_path):
        assert cli("run", "avg | max", "photo.png").code == 0
        assert (tmp_path / "photo-avg-max.png").exists()

    def test_to(self, cli, photo, tmp_path):
        assert cli("max", "photo.png", "--to", "npy").code == 0
        assert np.load(tmp_path / "photo-max.npy").shape == (3, 6, 8)

    @pytest.mark.parametrize(
        "template",
        ["{what}", "../{stem}.png", "/tmp/{stem}", "{stem", "{}", "{stem.__class__}", ""],
    )
    def test_bad_templates(self, cli, photo, tmp_path, template):
        ran = cli("max", "photo.png", "--name", template)
        assert ran.code == 2
        assert "--name" in ran.err
        assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]

    def test_existing_outputs(self, cli, photo, tmp_path):
        assert cli("max", "photo.png").code == 0
        first = (tmp_path / "photo-max.png").read_bytes()
        refused = cli("min", "photo.png", "-o", "photo-max.png")
        assert refused.code == 1
        assert "--overwrite" in refused.err
        skipped = cli("min", "photo.png", "-o", "photo-max.png", "--skip-existing")
        assert skipped.code == 0
        assert "skipped" in skipped.text
        assert (tmp_path / "photo-max.png").read_bytes() == first
        assert cli("min", "photo.png", "-o", "photo-max.png", "--overwrite").code == 0
        np.testing.assert_array_equal(load(tmp_path / "photo-max.png"), halves(photo).min((1, 3)))

    def test_a_folder_that_exists(self, cli, photo, tmp_path):
        (tmp_path / "out").mkdir()
        assert cli("max", "photo.png", "-o", "out").code == 0
        assert cli("max", "photo.png", "-o", "new/").code == 0
        assert (tmp_path / "out/photo.png").exists()
        assert (tmp_path / "new/photo.png").exists()
