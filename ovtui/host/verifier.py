"""Asks a process of the engine's kind whether two devices compute the same: it may crash, hang or fill the memory, and
nothing else does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import msgspec

from ovtui.host.followed_process import Followed, follow
from ovtui.records.odd_names import to_json
from ovtui.records.verification import Doing, Verification, VerifyQuestion, VerifyRefused, VerifyStep
from ovtui.settings.schema.settings import Settings

LIMIT_S = 120.0
_ENDS_BEFORE = 0.85
"""Of the time limit: there is an answer, with what was compared until then."""
MODULE = "ovtui.engine.verify.verification_child"


class NotVerified(Exception):
    """There is no answer. The text is one sentence for a person."""

    def __init__(self, text: str, detail: str = "", *, misused: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.detail = detail
        """OpenVINO's whole text; empty where it says no more."""
        self.misused = misused
        """What was given is wrong, not the model or the device."""


def verify(
    settings: Settings,
    against: str,
    *,
    against_model: str = "",
    tolerance: float | None = None,
    inputs: int = 1,
    layers: bool = False,
    limit_s: float = LIMIT_S,
    on_step: Callable[[VerifyStep], None] = lambda _: None,
) -> Verification:
    """Whether `settings.device` computes what `against` does, which infers in f32. Both are devices named directly, or
    HETERO; hint, streams and batches of the settings play no part. `tolerance` None: by the precision in force. Blocks,
    for `limit_s` at most. Raises NotVerified."""
    question = VerifyQuestion(
        settings=settings,
        against=against,
        against_model=against_model,
        tolerance=tolerance,
        inputs=inputs,
        layers=layers,
        deadline_s=time.monotonic() + limit_s * _ENDS_BEFORE,
        parent_pid=os.getpid(),
    )
    found = follow(MODULE, to_json(question), msgspec.json.Decoder(VerifyStep), limit_s, on_step)
    last = found.steps[-1] if found.steps else None
    if isinstance(last, Verification):
        return last
    if isinstance(last, VerifyRefused):
        raise NotVerified(last.why, last.detail, misused=last.misused)
    raise NotVerified(_why_ended(settings, found, limit_s))


def _why_ended(settings: Settings, found: Followed[VerifyStep], limit_s: float) -> str:
    answer = found.answer
    doing = next((step.text for step in reversed(found.steps) if isinstance(step, Doing)), "starting")
    if answer.ending == "not-started":
        return f"no process can be started that verifies the model: {answer.why_not_started}"
    if answer.ending == "late":
        return f"{settings.model}: not done within {limit_s:g} s ({doing}); --time-limit gives it longer"
    if answer.ending == "answered":
        return f"{settings.model}: the process that verifies it gave no answer that can be read"
    ended = answer.signal_name or f"exit code {answer.code}"
    said = f": {answer.last_line}" if answer.last_line else ""
    return f"{settings.model}: the process that verifies it died with {ended} while it was {doing}{said}"
