"""What an ONNX file says of itself, read without its weights: whether all of it is there, and the files beside it that
hold its weights. OpenVINO takes whatever bytes such a file has, also those of a Git LFS pointer."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_GRAPH, _INITIALIZER = 7, 5
_EXTERNAL_DATA, _DATA_LOCATION, _EXTERNAL = 13, 14, 1
_MODEL_FIELDS = {1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class OnnxParts:
    """`missing_bytes`: how much the last field lacks at least; `external`: bytes needed of each file beside the model,
    by its name as the model spells it."""

    missing_bytes: int
    external: dict[str, int]


class _CutShort(Exception):
    """A field ends beyond the end of the file. Its argument: how many bytes are missing at least."""


class _NotOnnx(Exception):
    """The bytes are no fields of a protocol buffer."""


def onnx_parts(path: Path) -> OnnxParts | None:
    """None for what does not begin as an ONNX model. Raises OSError."""
    with path.open("rb") as file:
        if file.read(1) != b"\x08":  # the first field, ir_version
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _parts(data)


def _parts(data: mmap.mmap) -> OnnxParts | None:
    external: dict[str, int] = {}
    graphs = 0
    try:
        for field, kind, start, end in _fields(data, 0, len(data), whole=True):
            if field not in _MODEL_FIELDS:
                return None
            if field == _GRAPH and kind == _BYTES:
                graphs += 1
                for inner, inner_kind, inner_start, inner_end in _fields(data, start, end):
                    if inner == _INITIALIZER and inner_kind == _BYTES:
                        _add_external(data, inner_start, inner_end, external)
    except _CutShort as cut:
        return OnnxParts(int(cut.args[0]), {})
    except _NotOnnx:
        return None
    return OnnxParts(0, external) if graphs else None


def _add_external(data: mmap.mmap, start: int, end: int, external: dict[str, int]) -> None:
    entries: dict[bytes, bytes] = {}
    is_external = False
    for field, kind, value_start, value_end in _fields(data, start, end):
        if field == _EXTERNAL_DATA and kind == _BYTES:
            pair = {
                inner: data[at:until] for inner, inner_kind, at, until in _fields(data, value_start, value_end)
                if inner_kind == _BYTES
            }  # fmt: skip
            entries[pair.get(1, b"")] = pair.get(2, b"")
        elif field == _DATA_LOCATION and kind == _VARINT:
            is_external = value_start == _EXTERNAL
    if is_external and (name := entries.get(b"location", b"").decode(errors="surrogateescape")):
        needed = _number(entries.get(b"offset", b"")) + _number(entries.get(b"length", b""))
        external[name] = max(external.get(name, 0), needed)


def _number(text: bytes) -> int:
    return int(text) if text.isdigit() and len(text) < 19 else 0


def _fields(data: mmap.mmap, at: int, end: int, *, whole: bool = False) -> Iterator[tuple[int, int, int, int]]:
    """(field number, wire type, start, end) of each field of a message; of a varint (value, value). `whole`: the
    message is the file, which may have been cut."""
    while at < end:
        key, at = _varint(data, at, end)
        field, kind = key >> 3, key & 7
        if not field:
            raise _NotOnnx
        if kind == _VARINT:
            value, at = _varint(data, at, end)
            yield field, kind, value, value
            continue
        if kind == _BYTES:
            length, at = _varint(data, at, end)
        elif kind in (_FIXED32, _FIXED64):
            length = 4 if kind == _FIXED32 else 8
        else:
            raise _NotOnnx
        if at + length > end:
            raise _CutShort(at + length - end) if whole else _NotOnnx
        yield field, kind, at, at + length
        at += length


def _varint(data: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= end:
            raise _NotOnnx
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise _NotOnnx
