"""What `ovtui follow` writes about a session: one JSON object a line, for a program at the far end of a slow line.

A line comes at least every `every_s`, also where nothing is new, so that silence means that the line, the box or the
host stands still. A key is always there; null where the value is not known. A key that is added does not raise
VERSION."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ovtui.records.odd_names import each_text
from ovtui.settings.shown_text import encodable

VERSION = 1
BLOCK_S = 2.0
"""Length of a block; block k is [k * BLOCK_S, (k + 1) * BLOCK_S) from the begin of the load on."""

Count = Annotated[int, msgspec.Meta(ge=-(1 << 62), le=1 << 62)]
"""What is larger comes from no session."""
Figure = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
Phase = Literal["waiting", "starting", "serving", "finished", "failed", "died"]


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    schema: Count = VERSION


class Waiting(_Line, frozen=True, tag="waiting"):
    """There is no such session yet."""

    waited_s: Figure
    text: str = ""
    """What stands in the way, as a sentence: a host that does not answer. May be empty."""


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """The measured requests (warm-up, first inferences and errors left out) that came back within a block."""

    number: Count
    requests: Count
    throughput: Figure | None
    """Completions a second."""
    p50_ms: Figure | None
    """Of response latency."""
    p99_ms: Figure | None
    """None with too few requests for it."""


class Now(_Line, frozen=True, tag="now"):
    """How the session stands. The figures are those that its dashboard shows."""

    session: str
    version: str
    """ovtui's on the box."""
    openvino: str | None
    t_s: Figure
    """Session time."""
    phase: Phase
    model: str
    requested: str
    """The device that was asked for."""
    device: str
    """The device indicator: 'GPU.0', '(CPU)'; '–' where none serves."""
    hint: str
    submitted: Count
    completed: Count
    errors: Count
    in_flight: Count
    throughput: Figure | None
    p50_ms: Figure | None
    p99_ms: Figure | None
    handovers: Count
    handover_s: Figure | None
    """Session time of the newest change of the device."""
    batch_share: Figure | None
    """Share of the requests that ran in a batch of more than one, 0 to 1; None where that is not known."""
    temperature_c: Figure | None
    """Of the device that serves where it can be read, else of the CPU."""
    throttled: list[str]
    """What is throttled now: cpu, gpu, quota."""
    missed: list[str]
    """The limits of --slo that are missed now."""
    text: str
    """The newest warning or failure as a sentence; may be empty."""
    recording: str
    """Path on the box; empty without one."""
    blocks: list[Block]
    """Those that have ended since the line before."""


class Ended(_Line, frozen=True, tag="ended"):
    """The load has ended and was drained, or the session is over: the last line."""

    session: str
    code: Count
    """The exit code that `ovtui run` would have ended with."""
    text: str
    """Why it failed, as a sentence, or what else is to be told of its end: who stopped it. May be empty."""
    recording: str
    blocks: list[Block]
    result: dict[str, Any] | None
    """The object of `ovtui run --json`; null where nothing was measured."""


FollowLine = Waiting | Now | Ended


def to_line(line: FollowLine) -> bytes:
    """With its newline. A byte of a path that is no UTF-8 is the text `\\xff`."""
    try:
        return msgspec.json.encode(line) + b"\n"
    except UnicodeEncodeError:
        return msgspec.json.encode(each_text(msgspec.to_builtins(line), encodable)) + b"\n"


def from_line(data: bytes) -> FollowLine:
    """Raises msgspec.MsgspecError for what is no such line. Unknown keys are ignored."""
    try:
        return msgspec.json.decode(data, type=FollowLine)
    except (RecursionError, OverflowError) as error:  # lists within lists without end; a number of thousands of digits
        raise msgspec.DecodeError(str(error)) from None
