"""Write records in the style of a report: a table, markup to paste, JSON, JSON lines, or CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any, TextIO

from poolcli.errors import plain
from poolcli.maps.layout import shape_words
from poolcli.report.markup import MARKUP
from poolcli.report.text_table import write_table

if TYPE_CHECKING:
    from poolcli.maps.feature_map import Form

Record = dict[str, Any]  # a row of a report, by the names that JSON has
NESTED = ("steps", "more_outputs")  # fields that CSV leaves out
FORMULA_STARTS = ("=", "+", "-", "@")  # what spreadsheets compute: OWASP, "CSV injection"


def write_records(
    style: str,
    stream: TextIO,
    records: Sequence[Record],
    columns: Sequence[str] = (),
    rows: Iterable[Sequence[str]] = (),
) -> None:
    """Write the records; tables and markup show `columns` and `rows` instead of them."""
    if style == "table":
        write_table(columns, rows, stream)
    elif style in MARKUP:
        stream.writelines(f"{line}\n" for line in MARKUP[style](columns, list(rows)))
    elif style == "json":
        print(json_text(list(records), indent=2), file=stream)
    elif style == "jsonl":
        for record in records:
            print(json_text(record), file=stream, flush=True)
    elif style == "csv":
        _write_csv([flat(record) for record in records], stream)


def json_text(value: Any, indent: int | None = None) -> str:
    """JSON, which has no word for NaN and infinities (RFC 8259): they are texts.

    >>> json_text({"nodata": [float("nan"), 0.5]})
    '{"nodata": ["NaN", 0.5]}'
    """
    import json  # here, as tables need none

    try:
        return json.dumps(value, indent=indent, allow_nan=False)
    except ValueError:
        return json.dumps(_with_texts(value), indent=indent, allow_nan=False)


def _with_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_texts(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_with_texts(each) for each in value]
    if isinstance(value, float) and not isfinite(value):
        return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _write_csv(records: Sequence[Record], stream: TextIO) -> None:
    import csv

    fields = list(records[0]) if records else []
    writer = csv.DictWriter(stream, fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)


def flat(record: Record) -> Record:
    """A record for CSV: shapes as text, control characters escaped, nested fields left out.

    >>> flat({"input": "a.png", "input_shape": [2, 3], "steps": []})
    {'input': 'a.png', 'input_shape': '2x3'}
    """
    return {name: _cell(value) for name, value in record.items() if name not in NESTED}


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(value) if value and isinstance(value[0], str) else shape_words(value)
    return _plain_cell(plain(value)) if isinstance(value, str) else value


def _plain_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: such a one gets an apostrophe in front.

    >>> _plain_cell("=1+2.png"), _plain_cell("-"), _plain_cell("a.png")
    ("'=1+2.png", '-', 'a.png')
    """
    return f"'{text}" if text[:1] in FORMULA_STARTS and text != "-" else text


def form_record(prefix: str, form: Form | None) -> Record:
    """The fields of a form; `prefix` says which form it is."""
    return {
        f"{prefix}_shape": list(form.shape) if form else None,
        f"{prefix}_dtype": str(form.dtype) if form else None,
        f"{prefix}_layout": form.layout if form else None,
    }
