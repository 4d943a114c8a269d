"""Asks a process of the engine's kind what a model is: it may crash, hang or fill the memory, and nothing else does.
Then others, one for each device, what the device makes of it."""

from __future__ import annotations

import os
import sys
import time

import msgspec

from ovtui.host import device_trials
from ovtui.host.asked_processes import Asked, ask_all
from ovtui.records.inspection import MISUSED, NOT_READ, Inspection, Question, Refusal
from ovtui.records.odd_names import from_json, to_json
from ovtui.settings.schema.settings import Settings

LIMIT_S = 120.0
COMMAND = [sys.executable, "-m", "ovtui.engine.model.inspection_child"]
_MAX_ANSWER_BYTES = 64 << 20
"""Of a model with ten thousand inputs it has 8 MB."""
_LEAST_S = 1.0
"""What the devices have at least."""


class NotInspected(Exception):
    """There is no answer. The text is one sentence for a person."""

    def __init__(self, text: str, detail: str = "", *, misused: bool = False) -> None:
        super().__init__(text)
        self.detail = detail
        """OpenVINO's whole text; empty where it says no more."""
        self.misused = misused
        """What was given for the model is wrong, not the model."""


def inspect_model(settings: Settings, limit_s: float | None = None, *, device: str = "") -> Inspection:
    """What is known of the model of the settings, and what each device makes of it: those that `device` names, or all.
    Blocks, for `limit_s` at most; without that for LIMIT_S, and each device only has device_trials.LIMIT_S. Raises
    NotInspected."""
    began_s = time.monotonic()
    found = ask_of_model(settings, LIMIT_S if limit_s is None else limit_s)
    if found.content.of == "compiled model":
        return found
    if found.suggested_shape is not None:
        settings = msgspec.structs.replace(settings, shape=found.suggested_shape)
    left_s = device_trials.LIMIT_S
    if limit_s is not None:
        left_s = max(limit_s - (time.monotonic() - began_s), _LEAST_S)
    devices = device_trials.device_verdicts(settings, device, left_s, compile_anyway=limit_s is not None)
    return msgspec.structs.replace(found, devices=devices)


def ask_of_model(settings: Settings, limit_s: float) -> Inspection:
    """Without the devices. Raises NotInspected."""
    question = to_json(Question(settings, os.getpid()))
    asked = Asked(
        "model", COMMAND, question, limit_s=limit_s, ends_itself=True, max_output_bytes=_MAX_ANSWER_BYTES
    )  # fmt: skip
    done = ask_all([asked])["model"]
    if done.ending == "late":
        raise NotInspected(
            f"{settings.model}: no answer from OpenVINO within {limit_s:g} s; --time-limit gives it longer"
        )
    if done.ending == "not-started":
        raise NotInspected(f"no process can be started that reads the model: {done.why_not_started}")
    try:
        if done.ending == "answered":
            return from_json(msgspec.json.Decoder(Inspection), done.stdout)
        if done.code in (MISUSED, NOT_READ) and done.stdout:
            refusal = from_json(msgspec.json.Decoder(Refusal), done.stdout)
            raise NotInspected(refusal.text, refusal.detail, misused=done.code == MISUSED)
    except msgspec.DecodeError:
        raise NotInspected(
            f"{settings.model}: the process that reads the model gave no answer that can be read"
        ) from None
    ended = done.signal_name or f"exit code {done.code}"
    last = f": {done.last_line}" if done.last_line else ""
    raise NotInspected(f"{settings.model}: the process that reads the model died with {ended}{last}")
