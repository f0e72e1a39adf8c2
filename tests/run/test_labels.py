"""Label images beside an image, and images in plates and numbered series: pooled into the same."""

import numpy as np
import pytest
from region_logs import files_of

import poolcli

zarr = pytest.importorskip("zarr")
pytestmark = pytest.mark.complete

IMAGE = np.random.default_rng(0).integers(0, 1000, (2, 6, 80, 60)).astype("u2")
CELLS = np.random.default_rng(1).integers(0, 5, (6, 20, 15)).astype("u4").repeat(4, 1).repeat(3, 2)
CELLS = np.pad(CELLS, ((0, 0), (0, 0), (0, 15)))
COLOURS = [{"label-value": 1, "rgba": [255, 0, 0, 255]}]
WINDOW = {"min": 0, "max": 9, "start": 0, "end": 9}


def said(version, ome):
    return {"ome": {"version": "0.5", **ome}} if version == 3 else ome


def write_image(group, x, axes, **more):
    version = group.metadata.zarr_format
    group.create_array("0", data=x, chunks=tuple(min(size, 32) for size in x.shape))
    kinds = {"t": "time", "c": "channel"}
    scale = [{"type": "scale", "scale": [0.5 if axis in "yx" else 2.0 for axis in axes]}]
    image = {
        "axes": [{"name": axis, "type": kinds.get(axis, "space")} for axis in axes],
        "datasets": [{"path": "0", "coordinateTransformations": scale}],
        **({"version": "0.4"} if version == 2 else {}),
    }
    group.attrs.update(said(version, {"multiscales": [image], **more}))


def write_labels(group):
    version = group.metadata.zarr_format
    labels = group.create_group("labels")
    labels.attrs.update(said(version, {"labels": ["cells", "nuclei1"]}))
    about = {"colors": COLOURS, "source": {"image": "../../"}}
    about |= {"version": "0.4"} if version == 2 else {}
    for name in ("cells", "nuclei1"):
        write_image(labels.create_group(name), CELLS, "zyx", **{"image-label": about})


@pytest.fixture(params=[2, 3], ids=["v2", "v3"])
def version(request):
    return request.param


@pytest.fixture
def labelled(tmp_path, version):
    root = zarr.open_group(str(tmp_path / "x.zarr"), mode="w", zarr_format=version)
    write_image(root, IMAGE, "czyx")
    write_labels(root)
    return root


def ome_of(path):
    attributes = dict(zarr.open_group(str(path), mode="r").attrs)
    return attributes.get("ome", attributes)


@pytest.mark.parametrize(
    ("command", "image_op", "label_op"),
    [
        ("avg -k 1x2x2", "avg", "mode"),
        ("mode -k 1x2x2", "mode", "mode"),
        ("max -k 1x2x2", "max", "max"),
        ("median -k 1x2x2 --nodata 0", "median", "mode"),
    ],
)
@pytest.mark.parametrize("limit", [(), ("--max-memory", "400k")])
def test_labels_are_pooled_by_a_reducer_that_keeps_names(
    cli, tmp_path, labelled, command, image_op, label_op, limit
):
    assert cli(*command.split(), "x.zarr", "-o", "y.zarr", *limit).code == 0
    options = {"kernel": (1, 2, 2), "layout": "CDHW"}
    nodata = {"nodata": 0} if "nodata" in command else {}
    image = poolcli.pool(IMAGE, image_op, dtype="u2", **options, **nodata)
    labels = poolcli.pool(CELLS, label_op, kernel=(1, 2, 2), layout="DHW")
    root = zarr.open_group(str(tmp_path / "y.zarr"), mode="r")
    assert np.array_equal(root["0"][...], image)
    for name in ("cells", "nuclei1"):
        found = root[f"labels/{name}/0"]
        assert (found.dtype, np.array_equal(found[...], labels)) == (CELLS.dtype, True)


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_labels_in_regions_are_those_of_the_whole(cli, tmp_path, labelled, executor):
    words = ("avg", "-k", "1x2x2", "x.zarr")
    assert cli(*words, "-o", "whole.zarr").code == 0
    limits = ("--max-memory", "500k", "--executor", executor, "-j", 2)
    assert cli(*words, "-o", "parts.zarr", *limits).code == 0
    assert files_of(tmp_path / "whole.zarr") == files_of(tmp_path / "parts.zarr")


@pytest.mark.parametrize("limit", [(), ("--max-memory", "600k")])
def test_a_pyramid_has_levels_of_labels(cli, tmp_path, labelled, limit):
    words = ("pyramid", "--op", "avg", "--isotropic", "--smallest", 20, "x.zarr", "-o", "y.zarr")
    assert cli(*words, *limit).code == 0
    root = zarr.open_group(str(tmp_path / "y.zarr"), mode="r")
    for number, kernel in enumerate(((1, 1, 1), (1, 2, 2), (1, 4, 4))):
        labels = poolcli.pool(CELLS, "mode", kernel=kernel, ceil_mode=True, layout="DHW")
        assert np.array_equal(root[f"labels/cells/{number}"][...], labels)
        assert root[str(number)].shape[1:] == labels.shape
    (image,) = ome_of(tmp_path / "y.zarr/labels/nuclei1")["multiscales"]
    scales = [each["coordinateTransformations"][0]["scale"] for each in image["datasets"]]
    assert scales == [[2, 0.5, 0.5], [2, 1, 1], [2, 2, 2]]


@pytest.mark.parametrize("save", [(), ("--save", "version=0.4"), ("--save", "version=0.5")])
def test_what_is_said_of_labels_is_kept(cli, tmp_path, labelled, version, save):
    assert cli("mode", "-k", 2, "x.zarr", "-o", "y.zarr", *save).code == 0
    assert ome_of(tmp_path / "y.zarr/labels")["labels"] == ["cells", "nuclei1"]
    about = ome_of(tmp_path / "y.zarr/labels/cells")["image-label"]
    assert (about["colors"], about["source"]) == (COLOURS, {"image": "../../"})
    is_new = (version == 3 and save != ("--save", "version=0.4")) or "version=0.5" in save
    root = zarr.open_group(str(tmp_path / "y.zarr"), mode="r")
    assert root.metadata.zarr_format == (3 if is_new else 2)
    assert about.get("version") == (None if is_new else "0.4")
    assert ("ome" in root["labels"].attrs) == is_new


def test_other_readers_know_the_labels(cli, tmp_path, labelled):
    models = pytest.importorskip("ome_zarr_models")
    assert cli("pyramid", "--op", "avg", "--levels", 1, "x.zarr", "-o", "y.zarr").code == 0
    group = zarr.open_group(str(tmp_path / "y.zarr/labels/cells"), mode="r")
    assert type(models.open_ome_zarr(group)).__name__ == "ImageLabel"


class TestWithoutLabels:
    """Where labels cannot be pooled they are told to be dropped, as other facts are."""

    @pytest.mark.parametrize(
        "words", ["avg -k 2 x.zarr -o y.npy", "blur x.zarr -o y.zarr", "avg -k 2 x.zarr -o y.tif"]
    )
    def test_they_are_told(self, cli, labelled, words):
        ran = cli(*words.split())
        assert (ran.code, "label images" in ran.text) == (0, True)
        assert "label images" in cli(*words.split(), "--overwrite", "--strict").err

    @pytest.mark.parametrize("name", ["x.zarr::labels/cells", "x.zarr/labels/cells"])
    def test_one_that_is_asked_for_is_pooled_as_asked(self, cli, tmp_path, labelled, name):
        assert cli("max", "-k", "1x2x2", "--nodata", 4, name, "-o", "y.npy").code == 0
        expected = poolcli.pool(CELLS, "max", kernel=(1, 2, 2), nodata=4, layout="DHW")
        assert np.array_equal(np.load(tmp_path / "y.npy"), expected)

    def test_a_label_of_other_axes_is_named(self, cli, tmp_path, labelled):
        write_image(labelled["labels"].create_group("flat"), CELLS[0], "yx")
        labelled["labels"].attrs.update(said(labelled.metadata.zarr_format, {"labels": ["flat"]}))
        ran = cli("avg", "-k", "1x2x2", "x.zarr", "-o", "y.zarr")
        assert (ran.code, "labels/flat: " in ran.err) == (1, True)


def test_fields_of_a_plate(cli, tmp_path, version):
    root = zarr.open_group(str(tmp_path / "x.zarr"), mode="w", zarr_format=version)
    wells = [{"path": f"A/{at + 1}", "rowIndex": 0, "columnIndex": at} for at in range(2)]
    plate = {"name": "p", "columns": [{"name": "1"}, {"name": "2"}], "rows": [{"name": "A"}]}
    root.attrs.update(said(version, {"plate": {**plate, "wells": wells}}))
    fields = {"images": [{"path": "0"}, {"path": "1"}]}
    for at in range(2):
        well = root.require_group(f"A/{at + 1}")
        well.attrs.update(said(version, {"well": fields}))
        for field in range(2):
            write_image(well.create_group(str(field)), IMAGE + at + field, "czyx")
    write_labels(root["A/2/1"])
    words = ("pyramid", "--op", "max", "--levels", 2, "-k", "1x2x2", "x.zarr", "-o", "y.zarr")
    assert cli(*words).code == 0
    assert ome_of(tmp_path / "y.zarr")["plate"]["wells"] == wells
    made = zarr.open_group(str(tmp_path / "y.zarr"), mode="r")
    for at, field in np.ndindex(2, 2):
        assert ome_of(tmp_path / f"y.zarr/A/{at + 1}")["well"]["images"] == fields["images"]
        for level in range(3):
            kernel = (1, 2**level, 2**level)
            expected = poolcli.pool(IMAGE + at + field, "max", kernel=kernel, layout="CDHW")
            assert np.array_equal(made[f"A/{at + 1}/{field}/{level}"][...], expected)
    assert made["A/2/1/labels/cells/2"].shape == (6, 20, 15)


@pytest.mark.filterwarnings("ignore:Object at:UserWarning")  # as poolcli.io.zarr.source does
def test_numbered_series_of_bioformats2raw(cli, tmp_path, version):
    root = zarr.open_group(str(tmp_path / "x.zarr"), mode="w", zarr_format=version)
    root.attrs.update(said(version, {"bioformats2raw.layout": 3}))
    series = root.create_group("OME")
    series.attrs.update(said(version, {"series": ["0", "1"]}))
    (tmp_path / "x.zarr/OME/METADATA.ome.xml").write_text("<OME/>")
    for name in series.attrs.get("ome", series.attrs)["series"]:
        write_image(root.create_group(name), IMAGE[None] + int(name), "tczyx")
    ran = cli("mode", "-k", 2, "x.zarr", "-o", "y.zarr")
    assert (ran.code, "METADATA.ome.xml" in ran.text) == (0, True)
    assert ome_of(tmp_path / "y.zarr")["bioformats2raw.layout"] == 3
    assert ome_of(tmp_path / "y.zarr/OME")["series"] == ["0", "1"]
    made = zarr.open_group(str(tmp_path / "y.zarr"), mode="r")
    for name in "01":
        expected = poolcli.pool(IMAGE[None] + int(name), "mode", kernel=2, layout="NCDHW")
        assert np.array_equal(made[f"{name}/0"][...], expected)
