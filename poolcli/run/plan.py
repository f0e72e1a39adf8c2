"""Input files become jobs: where each result goes, in which format, and that no two collide."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from poolcli.errors import RequestError
from poolcli.io import Address, Format, format_named, is_known_suffix, is_store, split_name
from poolcli.run.collisions import OutputOwners, check_indices_file
from poolcli.run.expand import InputFile
from poolcli.run.job import STREAM, Job, Outputs, Settings
from poolcli.run.names import all_output_paths, replaced_suffix
from poolcli.run.own_outputs import without_own_outputs


def plan_jobs(files: Sequence[InputFile], settings: Settings) -> list[Job]:
    """A job for each file; RequestError if two would write one file, or one another's input."""
    outputs = settings.outputs
    folder = _output_folder(files, outputs)
    files = without_own_outputs(files, settings, folder)
    owners, jobs = OutputOwners(), []
    for file, targets in zip(files, all_output_paths(files, settings, folder), strict=True):
        format_ = _output_format(targets[0], outputs)
        alone = len(files) == 1
        is_open = settings.pipeline.outputs is None and len(targets) > 1
        job = Job(
            file.path,
            targets[:1] if is_open else targets,
            format_,
            settings,
            outputs.overwrite,
            alone,
            member=file.member,
            fault=file.fault,
            instead_of=replaced_suffix(file, settings, folder),
            possible=targets if is_open else (),
        )
        owners.add(job)
        jobs.append(job)
    owners.check(file.path for file in files)
    if outputs.indices is not None:
        check_indices_file(jobs, outputs.indices)
    _check_save_options(jobs, outputs)
    return jobs


def _check_save_options(jobs: Sequence[Job], outputs: Outputs) -> None:
    """RequestError for --save options that are wrong for every job."""
    formats = {job.format for job in jobs}
    if len(formats) == 1 and (only := formats.pop()):
        only.options(dict(outputs.save))


def _output_folder(files: Sequence[InputFile], outputs: Outputs) -> Path | None:
    """The folder that --output names; None if it names a file, stdout, or nothing."""
    output = outputs.place
    if outputs.output is None or output is None:
        return None
    many = len(files) > 1 or files[0].root is not None
    if output == STREAM and many:
        raise RequestError(f"-o - takes one input, and there are {len(files)}: give a folder")
    if output == STREAM or not (many or _names_folder(output, outputs.output)):
        _check_no_template(outputs)
        return None
    is_there = _is_known(output)
    if is_there and not output.is_dir():
        raise RequestError(f"-o {output} is a file, and a folder is needed: give another name")
    if not outputs.output.endswith(("/", "\\")) and not is_there and _has_format(output):
        raise RequestError(
            f"-o {output} names one file, and many inputs need a folder: give -o {output}/"
        )
    return output


def _names_folder(path: Path, output: str) -> bool:
    """Whether --output is a folder, or is written as one: with a / or without a suffix."""
    if output.endswith(("/", "\\")):
        return True
    if _is_known(path):
        return path.is_dir() and not is_store(path)
    return not split_name(path.name)[1]


def _is_known(path: Path) -> bool:
    """Whether there is a file or a folder; of an address its name alone says what it is."""
    return not isinstance(path, Address) and path.exists()


def _has_format(path: Path) -> bool:
    return is_known_suffix(split_name(path.name)[1])


def _check_no_template(outputs: Outputs) -> None:
    if outputs.name is not None:
        raise RequestError(
            f"-o {outputs.place} already names the output: leave --name out, or give a folder"
        )


def _output_format(target: Path, outputs: Outputs) -> Format | None:
    """The format that --to or the suffix names; None leaves it to the content."""
    if outputs.to:
        return format_named(outputs.to)
    suffix = split_name(target.name)[1]
    if target == STREAM or not suffix:
        return None
    is_asked_for = outputs.place == target
    if is_known_suffix(suffix) or is_asked_for:
        return format_named(suffix)  # RequestError if there is no such format
    return None
