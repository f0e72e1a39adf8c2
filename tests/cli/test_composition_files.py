"""The commands fuse and pyramid on files: images, archives, names of outputs."""

import json

import numpy as np
import pytest
from PIL import Image

import poolcli


def look(path, fact):
    """A fact of an image."""
    with Image.open(path) as image:
        return getattr(image, fact)


class TestFuse:
    def test_of_images(self, cli, photo, tmp_path):
        for merge in ("max", "avg"):
            assert (
                cli(
                    "fuse",
                    "max -k 2",
                    "avg -k 2",
                    "--merge",
                    merge,
                    "photo.png",
                    "-o",
                    "o.png",
                    "--overwrite",
                ).code
                == 0
            )
            high, mean = (
                poolcli.pool(photo, op, dtype="uint8", layout="HWC") for op in ("max", "avg")
            )
            expected = (
                np.maximum(high, mean)
                if merge == "max"
                else np.rint((high.astype(float) + mean) / 2)
            )
            np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "o.png")), expected)
        assert cli("fuse", "max", "avg", "--merge", "concat", "photo.png", "-o", "o.npy").code == 0
        np.testing.assert_array_equal(
            np.load(tmp_path / "o.npy"), np.concatenate([high, mean], 2).transpose(2, 0, 1)
        )

    def test_alpha_weighs(self, cli, tmp_path):
        pixels = np.zeros((4, 4, 4), np.uint8)
        pixels[:, :2] = (200, 100, 40, 255)
        Image.fromarray(pixels).save(tmp_path / "a.png")
        assert (
            cli(
                "fuse", "avg --adaptive 2x1", "avg -k 2x4", "--merge", "avg", "a.png", "-o", "o.png"
            ).code
            == 0
        )
        assert (
            np.asarray(Image.open(tmp_path / "o.png")).reshape(-1, 4).tolist()
            == [[200, 100, 40, 128]] * 2
        )

    def test_a_palette_with_colours(self, cli, tmp_path):
        Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).convert("P").save(
            tmp_path / "p.png"
        )
        assert cli("fuse", "max", "min", "p.png", "-o", "same.png").code == 0
        assert look(tmp_path / "same.png", "mode") == "P"
        assert cli("fuse", "max", "avg", "p.png", "-o", "o.png").code == 0
        assert look(tmp_path / "o.png", "mode") == "RGB"

    def test_words_are_branches_until_the_inputs(self, cli, tmp_path):
        np.save(tmp_path / "max", np.ones((4, 4)))
        (tmp_path / "max.npy").rename(tmp_path / "max")
        assert cli("fuse", "min -k 2", "max", "-o", "o.npy").code == 0  # the file max is an input
        assert cli("fuse", "min -k 2", "none.npy").code == 1
        ran = cli("fuse", "min -k 2", "mux -k 2", "max", "-o", "o.npy")
        assert (ran.code, "there is no operation 'mux'" in ran.err) == (2, True)
        ran = cli("fuse", "max", "-o", "q.npy")
        assert (ran.code, "fuse needs BRANCHES" in ran.err) == (2, True)


class TestPyramid:
    def test_a_file_a_level(self, cli, photo, tmp_path):
        ran = cli("pyramid", "--op", "avg", "--levels", 3, "photo.png", "--report", "json")
        assert ran.code == 0
        for number in (1, 2, 3):
            result = np.asarray(Image.open(tmp_path / f"photo-pyramid{number}.png"))
            expected = poolcli.pool(
                photo, "avg", kernel=2**number, ceil_mode=True, dtype="uint8", layout="HWC"
            )
            np.testing.assert_array_equal(result, expected)
        (told,) = json.loads(ran.out)["files"]
        assert told["output"] == "photo-pyramid1.png"
        assert told["more_outputs"] == ["photo-pyramid2.png", "photo-pyramid3.png"]
        assert [row["output_shape"] for row in told["steps"]] == [[6, 8, 3], [3, 4, 3], [2, 2, 3]]

    def test_one_file_of_all(self, cli, photo, tmp_path):
        levels = poolcli.pool(photo, "pyramid", op="max", levels=3, layout="HWC")
        for words in (("-o", "all.npz"), ("--to", "npz", "--name", "all.npz", "--overwrite")):
            assert cli("pyramid", "--op", "max", "--levels", 3, "photo.png", *words).code == 0
            with np.load(tmp_path / "all.npz") as found:
                assert list(found) == ["max1", "max2", "max3"]
                for array, level in zip(found.values(), levels, strict=True):
                    np.testing.assert_array_equal(array, level.transpose(2, 0, 1))
        assert cli("pyramid", "--op", "max", "--levels", 3, "photo.png", "-o", "all.tiff").code == 0
        assert look(tmp_path / "all.tiff", "n_frames") == 4  # the photo, and behind it its levels
        ran = cli("pyramid", "--op", "max", "--levels", 3, "photo.png", "-o", "all.npy")
        assert (ran.code, "3 maps" in ran.err) == (1, True)

    def test_names(self, cli, photo, tmp_path):
        command = ("pyramid", "--op", "max", "--levels", 2, "photo.png")
        assert cli(*command, "--name", "{level}/{stem}{suffix}").code == 0
        assert (tmp_path / "1/photo.png").exists()
        assert (tmp_path / "2/photo.png").exists()
        assert cli(*command, "-o", "out/").code == 0
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
            "photo-1.png",
            "photo-2.png",
        ]

    def test_levels_that_are_there(self, cli, photo, tmp_path):
        command = ("pyramid", "--op", "max", "--levels", 2, "photo.png", "--report", "json")
        (tmp_path / "photo-pyramid2.png").write_bytes(b"mine")
        assert cli(*command).code == 1
        assert not (tmp_path / "photo-pyramid1.png").exists()
        assert cli(*command, "--skip-existing").code == 0
        assert (tmp_path / "photo-pyramid2.png").read_bytes() == b"mine"
        assert (tmp_path / "photo-pyramid1.png").exists()
        assert json.loads(cli(*command, "--skip-existing").out)["files"][0]["status"] == "skipped"
        assert cli(*command, "--overwrite").code == 0
        assert look(tmp_path / "photo-pyramid2.png", "size") == (4, 3)

    def test_collisions_of_levels(self, cli, photo, tmp_path):
        Image.fromarray(photo).save(tmp_path / "photo-pyramid2.png")
        ran = cli(
            "pyramid",
            "--op",
            "max",
            "--levels",
            2,
            "photo.png",
            "photo-pyramid2.png",
            "--overwrite",
        )
        assert (ran.code, "which is an input too" in ran.err) == (2, True)

    def test_every_array_of_an_npz_at_every_level(self, cli, tmp_path, rng):
        arrays = {"a": rng.random((8, 8)), "b": rng.random((3, 8, 8))}
        np.savez(tmp_path / "x.npz", **arrays)
        assert cli("pyramid", "--op", "avg", "--levels", 2, "x.npz").code == 0
        assert cli("pyramid", "--op", "avg", "--levels", 2, "x.npz", "-o", "all.npz").code == 0
        with np.load(tmp_path / "all.npz") as found:
            assert list(found) == ["a-avg1", "a-avg2", "b-avg1", "b-avg2"]
            for number in (1, 2):
                with np.load(tmp_path / f"x-pyramid{number}.npz") as level:
                    for name in arrays:
                        np.testing.assert_array_equal(
                            level[f"{name}-avg{number}"], found[f"{name}-avg{number}"]
                        )

    def test_of_a_fuse_and_brought_back(self, cli, photo, tmp_path):
        text = (
            "fuse 'max -k 2' 'avg -k 2' | pyramid --op avg --levels 2 "
            "| restore --interpolation bilinear"
        )
        assert cli("run", text, "photo.png", "-o", "out/").code == 0
        assert [look(tmp_path / f"out/photo-{number}.png", "size") for number in (1, 2)] == [
            (16, 12)
        ] * 2

    def test_a_dry_run_plans_it(self, cli, photo, tmp_path):
        ran = cli(
            "pyramid", "--op", "max", "--levels", 2, "photo.png", "--dry-run", "--report", "json"
        )
        (told,) = json.loads(ran.out)["files"]
        assert told["status"] == "planned"
        assert [row["output_shape"] for row in told["steps"]] == [[6, 8, 3], [3, 4, 3]]
        assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]


class TestConcatOfImages:
    @pytest.fixture
    def palette(self, tmp_path):
        image = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8) % 5)
        image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
        image.save(tmp_path / "pal.png")

    def test_one_branch_is_the_branch(self, cli, palette, tmp_path):
        assert cli("fuse", "max -k 2", "--merge", "concat", "pal.png", "-o", "z.png").code == 0
        assert cli("max", "-k", 2, "pal.png", "-o", "y.png").code == 0
        with Image.open(tmp_path / "z.png") as fused, Image.open(tmp_path / "y.png") as alone:
            assert fused.mode == alone.mode == "P"
            np.testing.assert_array_equal(np.asarray(fused), np.asarray(alone))

    def test_several_are_colours_side_by_side(self, cli, palette, tmp_path):
        assert (
            cli("fuse", "max -k 2", "min -k 2", "--merge", "concat", "pal.png", "-o", "z.npy").code
            == 0
        )
        assert cli("max", "-k", 2, "pal.png", "-o", "y.png").code == 0
        with Image.open(tmp_path / "y.png") as alone:
            colours = np.asarray(alone.convert("RGB"))
        result = np.load(tmp_path / "z.npy")
        assert result.shape == (6, 4, 4)
        np.testing.assert_array_equal(result[:3].transpose(1, 2, 0), colours)


class TestOpenPyramid:
    """Levels whose number is that of the input."""

    @pytest.fixture
    def inputs(self, tmp_path):
        pixels = np.random.default_rng(0).integers(0, 255, (300, 200)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "a.png")
        Image.fromarray(pixels[:100, :40]).save(tmp_path / "b.png")
        small = Image.fromarray(pixels[:60, :40])
        Image.fromarray(pixels).save(tmp_path / "c.tif", save_all=True, append_images=[small])

    @pytest.mark.parametrize("executor", ["threads", "processes"])
    def test_files_of_each_level(self, cli, tmp_path, inputs, executor):
        words = ("a.png", "b.png", "c.tif", "-o", "out/", "--executor", executor, "-j", 2)
        assert cli("pyramid", "--op", "max", "--smallest", 40, *words).code == 0
        names = ["a-1.png", "a-2.png", "a-3.png", "b-1.png", "b-2.png"]
        pages = ["c-1.tif", "c-2.tif", "c-3.tif"]
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names + pages
        assert [look(tmp_path / "out" / name, "n_frames") for name in pages] == [2, 1, 1]

    def test_nothing_is_replaced(self, cli, tmp_path, inputs):
        words = ("pyramid", "--op", "max", "--smallest", 40, "a.png")
        (tmp_path / "a-pyramid3.png").write_bytes(b"mine")
        for more in ((), ("--dry-run",)):
            ran = cli(*words, *more)
            assert (ran.code, "a-pyramid3.png is there already" in ran.err) == (1, True)
        assert not (tmp_path / "a-pyramid1.png").exists()
        assert cli(*words, "--skip-existing").code == 0
        assert (tmp_path / "a-pyramid3.png").read_bytes() == b"mine"
        assert "skipped" in cli(*words, "--skip-existing").text
        assert cli(*words, "--overwrite").code == 0
        assert look(tmp_path / "a-pyramid3.png", "size") == (25, 38)

    def test_names_that_may_meet_are_refused(self, cli, tmp_path, inputs):
        (tmp_path / "b.png").rename(tmp_path / "a1.png")
        words = ("pyramid", "--op", "max", "--smallest", 40, "a.png", "a1.png", "-o", "out/")
        ran = cli(*words, "--name", "{stem}{level}.png")
        assert (ran.code, "would both write" in ran.err) == (2, True)

    def test_isotropic_needs_sizes(self, cli, inputs):
        ran = cli("pyramid", "--op", "max", "--isotropic", "a.png")
        assert (ran.code, "--isotropic needs the sizes of pixels" in ran.err) == (1, True)
        assert cli("pyramid", "--op", "max", "--isotropic=1x2", "a.png").code == 0
