"""How each box of a fleet stands: the controller writes it; the screen, the table and the report read it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ovtui.records.following import Block, Now

BoxPhase = Literal[
    "waiting", "connecting", "looking", "sending", "starting", "running", "ending", "fetching", "done", "failed"
]  # fmt: skip
"""waiting: for its turn (--jobs). looking: for ovtui and the facts of the machine. sending: preset and model. done: its
result is here. failed: `text` says why."""
FINAL_PHASES: tuple[BoxPhase, ...] = ("done", "failed")
GOOD_CODES = (0, 3, 130)
"""Exit codes of a run on a box that has a result: fine, a limit missed, interrupted."""
LIMIT_MISSED_CODE, INTERRUPTED_CODE = 3, 130
REFUSED_CODES = (2, 4)
"""Those where the box's settings, model or device cannot be used."""
UNKNOWN_KIND = "unknown hardware"
"""The kind of a box that does not tell it."""


class BoxFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a box is, by name of the fact, in the order in which they are shown: 'cpu', 'cores', 'memory', 'GPU.0',
    'GPU.0 driver', 'kernel', 'openvino', 'ovtui', 'python', 'governor', 'quota' (`facts` of `ovtui doctor --json`)."""

    kind: str
    """One short text for boxes of the same hardware: 'i5-1240P 12 cores, Iris Xe'. Boxes of one kind are compared."""
    facts: dict[str, str]


class BoxState(msgspec.Struct, kw_only=True):
    """One box. Owner: the controller's loop, the only writer; a screen in the same loop reads it."""

    name: str
    """As in the inventory; no two are alike."""
    phase: BoxPhase = "waiting"
    text: str = ""
    """Why it failed, or what it waits for, as a sentence without the box's name; may be empty."""
    silent_s: float | None = None
    """Time since the last line where one is overdue; None where all is well."""
    reconnects: int = 0
    session: str = ""
    """The session's ID on the box, once known."""
    facts: BoxFacts | None = None
    now: Now | None = None
    """The newest line."""
    blocks: list[Block] = []
    code: int | None = None
    """The exit code that `ovtui run` on the box would have had; None before its end."""
    result: dict[str, Any] | None = None
    """The object of `ovtui run --json`."""
    recording: str = ""
    """Path here, once fetched."""
    fetched_bytes: int = 0
    recording_bytes: int | None = None
    """Size on the box, once known."""
    remote_recording: str = ""
