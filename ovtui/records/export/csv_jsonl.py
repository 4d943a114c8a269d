"""Export of a session file as CSV or JSON lines, in chunks, so that memory does not grow with the file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from ovtui.records.device_codes import name_of
from ovtui.records.record import Flag, Records, copy_ms
from ovtui.records.session_file.reader import SessionReader

COLUMNS = (
    "seq", "order", "request", "batch_id", "batch_size", "device", "segment", "flags", "due_ns", "submit_ns", "done_ns",
    "inference_ms", "service_ms", "response_ms", "copy_ms",
)  # fmt: skip
"""The fields of the record, the device by name, and in ms: OpenVINO's latency, service time, response time, and the
time to fill in the input."""

Row = tuple[Any, ...]
"""Values in the order of COLUMNS."""


def csv_lines(file: SessionReader) -> Iterator[str]:
    yield ",".join(COLUMNS) + "\n"
    for chunk in _rows(file):
        yield "".join(f"{','.join(map(_csv_value, row))}\n" for row in chunk)


def json_lines(file: SessionReader) -> Iterator[str]:
    """One JSON object for each request, with the flags by name."""
    for chunk in _rows(file):
        yield "".join(_json_object(row) for row in chunk)


def _json_object(row: Row) -> str:
    names = ",".join(f'"{name}"' for name in flag_names(row[7]))
    fields = [f'"{name}":{_json_value(value)}' for name, value in zip(COLUMNS, row, strict=True)]
    fields[7] = f'"flags":[{names}]'
    return f"{{{','.join(fields)}}}\n"


@cache
def flag_names(flags: int) -> list[str]:
    return [flag.name.lower().replace("_", "-") for flag in Flag if flag & flags and flag.name]


def _rows(file: SessionReader) -> Iterator[list[Row]]:
    for records in file.all_records():
        yield rows_of(records)


def rows_of(records: Records) -> list[Row]:
    service_ms = (records["done_ns"] - records["submit_ns"]) / 1e6
    response_ms = (records["done_ns"] - records["due_ns"]) / 1e6
    columns = [records[name].tolist() for name in COLUMNS[:11]]
    columns[5] = [name_of(code) for code in columns[5]]
    columns += [(records["infer_us"].astype("f8") / 1e3).tolist(), service_ms.tolist(), response_ms.tolist()]
    columns.append(copy_ms(records).tolist())
    return list(zip(*columns, strict=True))


def _csv_value(value: float | str) -> str:
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def _json_value(value: float | str) -> str:
    return f'"{value}"' if isinstance(value, str) else _csv_value(value)
