"""The record of one request: 64 bytes, little-endian, the same in the ring, in memory and (by column) in the file."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntFlag

import numpy as np
import numpy.typing as npt

RECORD = np.dtype(
    {
        "names": [
            "seq", "order", "due_ns", "submit_ns", "done_ns", "infer_us", "batch_id",
            "request", "batch_size", "segment", "flags", "device", "copy_us",
        ],
        "formats": ["<u8", "<u8", "<i8", "<i8", "<i8", "<f4", "<u4", "<u2", "<u2", "<u2", "<u2", "u1", "<f4"],
        "offsets": [0, 8, 16, 24, 32, 40, 44, 48, 50, 52, 54, 56, 60],
        "itemsize": 64,
    }
)  # fmt: skip
"""One request. `seq` counts submissions and `order` completions, both from 0 over the whole session; `request` is
the pool index; `batch_id` 0 means none known; `batch_size` is what really ran together (1: alone, 0: unknown);
`device` is a code of records.devices; times are CLOCK_MONOTONIC nanoseconds from the session's start; `infer_us` is
OpenVINO's own latency, from start_async to completion; `copy_us` is what filling in its input took, just before
`submit_ns`, and 0 where that was not done for this request. Owner: the engine's load thread writes, everybody else
reads."""

Records = npt.NDArray[np.void]


class Flag(IntFlag):
    WARM_UP = 1
    """The engine's first inference; percentiles leave it out."""
    ERROR = 2
    TIMED_OUT = 4
    """Ran alone because the batch timer ran out."""
    INFERRED_BATCH = 8
    """The batch id is deduced from the order of completions, not known."""
    LATE = 16
    """Open loop: sent more than 1 ms after it was due, for whatever reason."""
    AMBIGUOUS_DEVICE = 32
    """EXECUTION_DEVICES differed between submission and completion."""
    QUEUED = 64
    """Open loop: no infer request was idle when it was due."""


FLAG_TEXTS = {
    Flag.ERROR: "error",
    Flag.WARM_UP: "warm-up",
    Flag.LATE: "late",
    Flag.TIMED_OUT: "timer",
    Flag.AMBIGUOUS_DEVICE: "one of",
}
"""Words for the flags, the gravest first."""


UNMEASURED = Flag.WARM_UP | Flag.ERROR
"""Requests with one of these flags have no latency that counts."""


def flags_text(flags: int) -> str:
    """The words of all flags that are set: 'late timer'; empty where none is."""
    return " ".join(word for flag, word in FLAG_TEXTS.items() if flags & flag)


def empty_records(count: int = 0) -> Records:
    return np.zeros(count, RECORD)


def inference_ms(records: Records) -> npt.NDArray[np.float64]:
    """OpenVINO's own latency, ms."""
    return np.asarray(records["infer_us"], np.float64) / 1e3


def service_ms(records: Records) -> npt.NDArray[np.float64]:
    """From submission to completion, ms."""
    return np.asarray(records["done_ns"] - records["submit_ns"], np.float64) / 1e6


def response_ms(records: Records) -> npt.NDArray[np.float64]:
    """From when the request was due to completion, ms: what a caller would have waited."""
    return np.asarray(records["done_ns"] - records["due_ns"], np.float64) / 1e6


def lag_ms(records: Records) -> npt.NDArray[np.float64]:
    """From when the request was due until it was taken up, ms: to its submission without filling in its input."""
    lag_ns = np.asarray(records["submit_ns"] - records["due_ns"], np.float64)
    return np.maximum(lag_ns / 1e6 - copy_ms(records), 0.0)


def copy_ms(records: Records) -> npt.NDArray[np.float64]:
    """What filling in the input took, ms."""
    return np.asarray(records["copy_us"], np.float64) / 1e3


LATENCY_MS = {"inference": inference_ms, "service": service_ms, "response": response_ms}


def join_records(parts: Sequence[Records]) -> Records:
    """One after another. As bare bytes: numpy's own concatenate drops the padding and so changes the record's size."""
    if not parts:
        return empty_records()
    return np.concatenate([np.ascontiguousarray(part).view("V64") for part in parts]).view(RECORD)
