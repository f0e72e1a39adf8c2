"""The command `run`."""

import io

import numpy as np
from images import load

import poolcli


def test_run_is_the_pipe(cli, photo, tmp_path):
    piped = cli(
        "max",
        "-k",
        3,
        "-s",
        1,
        "-",
        "-o",
        "-",
        stdin=cli("avg", "-k", 2, "photo.png", "-o", "-").out,
    )
    ran = cli("run", "avg -k 2 | max -k 3 -s 1", "photo.png", "-o", "-")
    np.testing.assert_array_equal(load(io.BytesIO(ran.out)), load(io.BytesIO(piped.out)))


def test_run_from_a_recipe(cli, tmp_path):
    recipe = (
        '[[step]]\nop = "max"\nkernel = [3, 2]\npadding = [[1, 0], [0, 1]]\n'
        '[[step]]\nop = "avg"\nglobal = true\n'
    )
    (tmp_path / "r.toml").write_text(recipe)
    x = np.random.default_rng(1).random((2, 9, 8), np.float32)
    np.save(tmp_path / "x.npy", x)
    assert cli("run", "--file", "r.toml", "x.npy", "-o", "y.npy").code == 0
    expected = poolcli.parse("max -k 3x2 -p 1:0x0:1 | avg --global")(x)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), expected)
