"""Requests as CSV and as JSON lines: of a session file by `ovtui export`, of what the dashboard shows by its keys.

The one format of both. It loses nothing of a record: devices by name, flags as their number and in words, OpenVINO's
latency and the two that follow from the times to the nanosecond. numpy and pandas read every column but `device`,
`state`, `batch_size_is` and `data_shape` as numbers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from ovtui.records.completion_order import in_order_of_completion
from ovtui.records.data_shapes import NO_DATA_SHAPES, DataShapes
from ovtui.records.device_codes import name_of
from ovtui.records.record import LATENCY_MS, Flag, Records, copy_ms, flags_text, reset_ms, size_certainties
from ovtui.records.session_file.reader import SessionReader

COLUMNS = (
    "seq", "order", "request", "batch_id", "batch_size", "device", "segment", "flags", "due_ns", "submit_ns", "done_ns",
    "inference_ms", "service_ms", "response_ms", "copy_ms", "state", "batch_size_is", "reset_ms",
    "data_shape",
)  # fmt: skip
"""docs/session-file.md describes them. New columns come last: programs may read by position."""
Mark = Callable[[Records], None]
"""Sets flags that readers set, in place."""
_FIELDS = COLUMNS[:11]


def csv_lines(file: SessionReader, mark: Mark | None = None) -> Iterator[str]:
    """A whole recording in the order of completion, a chunk of lines at a time: memory does not grow with the file."""
    yield csv_text([COLUMNS])
    shapes = data_shapes_of(file)
    for records in _marked(file, mark):
        yield csv_text(csv_rows(records, shapes))


def csv_rows(records: Records, shapes: DataShapes = NO_DATA_SHAPES) -> list[tuple[str, ...]]:
    """The cells of [n] records, under COLUMNS. `shapes`: the session's."""
    return list(zip(*_columns(records, shapes).values(), strict=True))


def data_shapes_of(file: SessionReader) -> DataShapes:
    shapes = DataShapes()
    for _, event in file.events():
        shapes.fold(event)
    return shapes


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells as lines of CSV (RFC 4180, but each line ends with a newline alone)."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def json_lines(file: SessionReader, mark: Mark | None = None) -> Iterator[str]:
    """An object a request with the same fields; the flags by name, so that `state` would repeat them."""
    shapes, in_quotes = data_shapes_of(file), cache(json.dumps)
    for records in _marked(file, mark):
        columns = _columns(records, shapes)
        del columns["state"]
        for name in ("device", "batch_size_is"):
            columns[name] = [f'"{value}"' for value in columns[name]]
        columns["data_shape"] = [in_quotes(text) if text else "null" for text in columns["data_shape"]]
        columns["flags"] = [_json_flags(flags) for flags in records["flags"].tolist()]
        form = ",".join(f'"{name}":{{}}' for name in columns)
        yield "".join(f"{{{form.format(*row)}}}\n" for row in zip(*columns.values(), strict=True))


def _marked(file: SessionReader, mark: Mark | None) -> Iterator[Records]:
    for records in in_order_of_completion(file.readable_records()):
        if mark is not None:
            mark(records)
        yield records


@cache
def flag_names(flags: int) -> list[str]:
    return [flag.name.lower().replace("_", "-") for flag in Flag if flag & flags and flag.name]


@cache
def _json_flags(flags: int) -> str:
    names = ",".join(f'"{name}"' for name in flag_names(flags))
    return f"[{names}]"


def _columns(records: Records, shapes: DataShapes) -> dict[str, list[str]]:
    """By name, in the order of COLUMNS: the cells of [n] records."""
    found = {name: list(map(str, records[name].tolist())) for name in _FIELDS}
    found["device"] = [name_of(code) for code in records["device"].tolist()]
    latencies = {f"{kind}_ms": latency_ms(records) for kind, latency_ms in LATENCY_MS.items()}
    for name, values in {**latencies, "copy_ms": copy_ms(records)}.items():
        found[name] = [f"{value:.6f}" for value in values.tolist()]
    found["state"] = [flags_text(flags) for flags in records["flags"].tolist()]
    found["batch_size_is"] = list(size_certainties(records["batch_size"], records["flags"]))
    found["reset_ms"] = [f"{value:.6f}" for value in reset_ms(records).tolist()]
    found["data_shape"] = shapes.texts(records)
    return found
