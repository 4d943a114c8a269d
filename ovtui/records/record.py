"""The record of one request: 64 little-endian bytes, the same in the ring, in memory and (by column) in the file."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntFlag
from typing import Literal

import numpy as np
import numpy.typing as npt

from ovtui.records.arrays import Floats

RECORD = np.dtype(
    {
        "names": [
            "seq", "order", "due_ns", "submit_ns", "done_ns", "infer_us", "batch_id",
            "request", "batch_size", "segment", "flags", "device", "data_shape", "reset_us", "copy_us",
        ],
        "formats": [
            "<u8", "<u8", "<i8", "<i8", "<i8", "<f4", "<u4", "<u2", "<u2", "<u2", "<u2", "u1", "u1", "<f2", "<f4",
        ],
        "offsets": [0, 8, 16, 24, 32, 40, 44, 48, 50, 52, 54, 56, 57, 58, 60],
        "itemsize": 64,
    }
)  # fmt: skip
"""One request. `seq` counts submissions and `order` completions as they were seen, both from 0 over the whole session
(the order of completion: records.completion_order). `request` is the
index in the pool of infer requests. `batch_id` is 0 where unknown. `batch_size` is the number of requests that ran
together (1: alone, 0: unknown). `device` is a code of records.device_codes. `data_shape` is the index of the request's
data shape among those that the settings give (--data-shape), modulo 256, and 0 where they give at most one. Times are
CLOCK_MONOTONIC nanoseconds from the session's start. `infer_us` is OpenVINO's own latency, from start_async to
completion. `copy_us` is the time to fill in the input, just before `submit_ns`, and 0 where the input was not filled in
for this request. `reset_us` is the time to reset the model's state before that, to three digits and at most 65,504, and
0 where it was not reset. Owner: the engine's load thread writes, all others read."""

Records = npt.NDArray[np.void]


class Flag(IntFlag):
    WARM_UP = 1
    """The engine's first inference; percentiles exclude it unless the rule is none."""
    ERROR = 2
    TIMED_OUT = 4
    """Ran alone because the batch timeout expired."""
    INFERRED_BATCH = 8
    """The batch id is deduced from the order of completions."""
    LATE = 16
    """Open loop: sent more than 1 ms after it was due, for any reason."""
    AMBIGUOUS_DEVICE = 32
    """EXECUTION_DEVICES differed between submission and completion."""
    QUEUED = 64
    """Open loop: no infer request was idle when it was due (docs/statistics.md has the rule)."""
    HELD = 128
    """Its batch was full and still waited for the batch timeout."""
    DEDUCED_SIZE = 256
    """The batch size is deduced from the times of completions. Without this flag a size other than 0 is known."""
    OVERTAKEN = 1 << 14
    """Came back out of order: a request that was submitted later had completed. Never recorded; readers set it
    (records.completion_order)."""
    LEFT_OUT = 1 << 15
    """The warm-up rule in force leaves it out of percentiles. Never recorded; readers set it (Digest.mark_left_out)."""


FLAG_TEXTS = {
    Flag.ERROR: "error",
    Flag.LEFT_OUT: "warm-up",
    Flag.WARM_UP: "first",
    Flag.LATE: "late",
    Flag.TIMED_OUT: "timer",
    Flag.HELD: "held",
    Flag.OVERTAKEN: "overtaken",
    Flag.AMBIGUOUS_DEVICE: "one of",
}
"""Texts of the flags, the most severe first."""

SizeCertainty = Literal["known", "deduced", "unknown"]
_CERTAINTIES: tuple[SizeCertainty, ...] = ("known", "deduced", "unknown")

UNMEASURED = Flag.WARM_UP | Flag.ERROR
"""Requests with one of these flags are excluded from latencies."""


def flags_text(flags: int) -> str:
    """The texts of all set flags: 'late timer'; empty where none is set."""
    return " ".join(text for flag, text in FLAG_TEXTS.items() if flags & flag)


def size_certainty(record: np.void) -> SizeCertainty:
    """How sure the batch size of one record is."""
    return size_certainties(record["batch_size"], record["flags"])[0]


def size_certainties(sizes: npt.ArrayLike, flags: npt.ArrayLike) -> list[SizeCertainty]:
    """How sure each of [n] batch sizes is, from the record's fields."""
    deduced = np.atleast_1d(np.asarray(flags)) & Flag.DEDUCED_SIZE != 0
    found = np.where(np.atleast_1d(np.asarray(sizes)) == 0, 2, deduced.astype(np.int64))
    return [_CERTAINTIES[index] for index in found.tolist()]


def empty_records(count: int = 0) -> Records:
    return np.zeros(count, RECORD)


def inference_ms(records: Records) -> Floats:
    """OpenVINO's own latency, ms."""
    return np.asarray(records["infer_us"], np.float64) / 1e3


def service_ms(records: Records) -> Floats:
    """From submission to completion, ms."""
    return np.asarray(records["done_ns"] - records["submit_ns"], np.float64) / 1e6


def response_ms(records: Records) -> Floats:
    """From the due time to completion, ms: the time that a caller waits."""
    return np.asarray(records["done_ns"] - records["due_ns"], np.float64) / 1e6


def lag_ms(records: Records) -> Floats:
    """From the due time to submission without the time to reset the state and to fill in the input, ms."""
    lag_ns = np.asarray(records["submit_ns"] - records["due_ns"], np.float64)
    return np.maximum(lag_ns / 1e6 - copy_ms(records) - reset_ms(records), 0.0)


def copy_ms(records: Records) -> Floats:
    """Time to fill in the input, ms."""
    return np.asarray(records["copy_us"], np.float64) / 1e3


def reset_ms(records: Records) -> Floats:
    """Time to reset the model's state, ms."""
    return np.asarray(records["reset_us"], np.float64) / 1e3


LATENCY_MS = {"inference": inference_ms, "service": service_ms, "response": response_ms}


def join_records(parts: Sequence[Records]) -> Records:
    """The concatenation of several arrays, made on raw bytes: numpy.concatenate drops the padding of a record dtype,
    which changes its size."""
    if not parts:
        return empty_records()
    return np.concatenate([np.ascontiguousarray(part).view("V64") for part in parts]).view(RECORD)
