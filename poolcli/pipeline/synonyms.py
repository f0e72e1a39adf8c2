"""Words that other tools and libraries use for what poolcli names otherwise."""

from __future__ import annotations

from collections.abc import Iterator

# By word, without dashes, underscores and the ends "pool", "pooling", "1d" to "3d": what to write.
OPERATIONS = {
    "average": "avg",
    "mean": "avg",
    "uniform": "avg",
    "box": "avg",
    "bicubic": "avg",
    "bilinear": "avg",
    "downsample": "avg",
    "downscale": "avg",
    "lanczos": "avg",
    "reduce": "avg",
    "resize": "avg",
    "scale": "avg",
    "shrink": "avg",
    "thumbnail": "avg",
    "globalaverage": "avg --global",
    "gap": "avg --global",
    "adaptiveavg": "avg --adaptive",
    "adaptiveaverage": "avg --adaptive",
    "adaptivemax": "max --adaptive",
    "fractionalmax": "max --fractional",
    "maximum": "max",
    "pool": "max",
    "pooling": "max",
    "globalmax": "max --global",
    "gmp": "max --global",
    "dilate": "max -s 1",
    "dilation": "max -s 1",
    "roi": "max --boxes",
    "spp": "max --levels",
    "spatialpyramid": "max --levels",
    "minimum": "min",
    "erode": "min -s 1",
    "erosion": "min -s 1",
    "opening": "run 'min -s 1 | max -s 1'",
    "closing": "run 'max -s 1 | min -s 1'",
    "add": "sum",
    "integrate": "sum",
    "total": "sum",
    "ptp": "range",
    "peaktopeak": "range",
    "contrast": "range",
    "gradient": "range",
    "deviation": "std",
    "stddev": "std",
    "stdev": "std",
    "variance": "var",
    "rms": "l2",
    "rootmeansquare": "l2",
    "power": "lp",
    "generalizedmean": "gem",
    "logsumexp": "lse",
    "softmax": "soft",
    "angle": "circmean",
    "circularmean": "circmean",
    "circstats": "circmean",
    "share": "fraction",
    "cover": "fraction",
    "trimmean": "trimmed",
    "trimmedmean": "trimmed",
    "truncatedmean": "trimmed",
    "med": "median",
    "percentile": "quantile",
    "rank": "quantile",
    "majority": "mode",
    "vote": "mode",
    "mostfrequent": "mode",
    "decimate": "sample",
    "nn": "sample",
    "nearest": "sample",
    "skip": "sample",
    "subsample": "sample",
    "stride": "sample",
    "antialias": "blur",
    "binomial": "blur",
    "gaussian": "blur",
    "smooth": "blur",
    "roialign": "roi-align",
    "maxun": "unpool",
    "un": "unpool",
    "upsample": "restore",
    "merge": "fuse",
    "levels": "pyramid",
    "mipmap": "pyramid",
    "mipmaps": "pyramid",
    "overview": "pyramid",
    "overviews": "pyramid",
    "multiscale": "pyramid",
    "pipe": "run",
    "pipeline": "run",
    "recipe": "run",
    "dims": "shape",
    "plan": "shape",
    "size": "shape",
    "why": "explain",
    "benchmark": "bench",
    "diff": "compare",
    "list": "ops",
    "reducers": "ops",
    "display": "view",
    "show": "view",
    "header": "info",
    "identify": "info",
    "inspect": "info",
    "stat": "info",
    "convert": "sample -s 1",
    "copy": "sample -s 1",
    "help": "poolcli --help, or poolcli COMMAND --help",
    "version": "poolcli --version",
}

# Words before and after a name, and the options that they stand for.
BEFORE = {
    "nan": "--nan ignore",
    "rolling": "-s 1",
    "moving": "-s 1",
    "focal": "-s 1",
    "reduce": "--global",
}
AFTER = {"filter": "-s 1"}

# By word, without dashes and underscores.
OPTIONS = {
    "filtersize": "--kernel",
    "kernelshape": "--kernel",
    "kernelsize": "--kernel",
    "ksize": "--kernel",
    "poolsize": "--kernel",
    "radius": "--kernel",
    "factor": "--kernel",
    "scalefactor": "--kernel",
    "size": "--kernel",
    "window": "--kernel",
    "windowsize": "--kernel",
    "step": "--stride",
    "strides": "--stride",
    "hop": "--stride",
    "pad": "--padding",
    "pads": "--padding",
    "paddingmode": "--border",
    "bordermode": "--border",
    "boundary": "--border",
    "extend": "--border",
    "dilations": "--dilation",
    "rate": "--dilation",
    "ceil": "--ceil-mode",
    "target": "--adaptive",
    "resize": "--adaptive",
    "outsize": "--adaptive",
    "ignore": "--nodata",
    "ignorevalue": "--nodata",
    "nodatavalue": "--nodata",
    "fillvalue": "--nodata",
    "skipna": "--nan ignore",
    "nanpolicy": "--nan",
    "ignorenan": "--nan ignore",
    "astype": "--dtype",
    "rounding": "--round",
    "axes": "--layout",
    "axis": "--layout",
    "channelslast": "--layout",
    "dataformat": "--layout",
    "dims": "--layout",
    "framework": "--semantics",
    "compat": "--semantics",
    "ord": "--norm",
    "p": "--norm",
    "percentile": "--q",
    "countincludepad": "--count-include-pad",
    "gamma": "--linear",
    "clobber": "--overwrite",
    "force": "--overwrite",
    "inplace": "--overwrite",
    "replace": "--overwrite",
    "yes": "--overwrite",
    "noclobber": "--skip-existing",
    "continue": "--resume",
    "restart": "--resume",
    "dest": "--output",
    "out": "--output",
    "outdir": "--output",
    "outfile": "--output",
    "outputdir": "--output",
    "outputfile": "--output",
    "pattern": "--name",
    "template": "--name",
    "rename": "--name",
    "format": "--to",
    "outputformat": "--to",
    "type": "--to",
    "compress": "--save compression=",
    "compression": "--save compression=",
    "level": "--save compress_level=",
    "quality": "--save quality=",
    "subsampling": "--save subsampling=",
    "chunks": "--save chunk=",
    "csv": "--report csv",
    "json": "--report json",
    "jsonl": "--report jsonl",
    "table": "--report table",
    "log": "--resume",
    "silent": "--quiet",
    "nproc": "--jobs",
    "numworkers": "--jobs",
    "parallel": "--jobs",
    "processes": "--jobs",
    "threads": "--jobs",
    "workers": "--jobs",
    "backend": "--executor",
    "cluster": "--scheduler",
    "memory": "--max-memory",
    "memorylimit": "--max-memory",
    "mem": "--max-memory",
    "simulate": "--dry-run",
    "dry": "--dry-run",
    "preview": "--show",
    "plot": "--show",
    "glob": "--include",
    "filter": "--include",
    "skip": "--exclude",
    "recurse": "--recursive",
    "stoponerror": "--fail-fast",
    "exitfirst": "--fail-fast",
    "inputs": "--files-from",
    "filelist": "--files-from",
}

# Modes of borders in other libraries, by their name here, which is NumPy's.
BORDERS = {
    "mirror": "reflect",
    "reflect101": "reflect",
    "reflection": "reflect",
    "gridmirror": "symmetric",
    "halfsample": "symmetric",
    "nearest": "edge",
    "replicate": "edge",
    "replication": "edge",
    "extend": "edge",
    "circular": "wrap",
    "gridwrap": "wrap",
    "periodic": "wrap",
    "constant": "0",
    "zero": "0",
    "zeros": "0",
}


def border_for(value: object) -> str | None:
    """What to write for another library's mode of borders, and for those that have its name.

    >>> border_for("replicate"), border_for("Reflect"), border_for("7")
    ('edge', 'reflect', None)
    """
    plain = _plain(value) if isinstance(value, str) else ""
    return plain if plain in BORDERS.values() and plain != "0" else BORDERS.get(plain)


def operation_for(word: str) -> str | None:
    """What to write for another tool's name of an operation.

    >>> operation_for("AveragePooling2D"), operation_for("nanmean"), operation_for("max")
    ('avg', 'avg --nan ignore', None)
    """
    plain = _plain(word).removesuffix("1d").removesuffix("2d").removesuffix("3d")
    stem = plain.removesuffix("ing").removesuffix("pool")
    if plain in OPERATIONS:
        return OPERATIONS[plain]
    if stem != plain:
        return OPERATIONS.get(stem, stem or None)
    for bare, options in _with_options(plain):
        return f"{OPERATIONS.get(bare, bare)} {options}"
    return None


def _with_options(plain: str) -> Iterator[tuple[str, str]]:
    """A word without one that stands for options, and these."""
    for word, options in BEFORE.items():
        if plain.startswith(word) and plain != word:
            yield plain.removeprefix(word), options
    for word, options in AFTER.items():
        if plain.endswith(word) and plain != word:
            yield plain.removesuffix(word), options


def option_for(word: str) -> str | None:
    """What to write for another tool's name of an option.

    >>> option_for("--kernel_size"), option_for("--quality"), option_for("--kernel")
    ('--kernel', '--save quality=', None)
    """
    return OPTIONS.get(_plain(word))


def _plain(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "").strip("`")
