"""Asks a process of the engine's kind what a model is: it may crash, hang or fill the memory, and nothing else does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import msgspec

from ovtui.host.child_environment import child_environment
from ovtui.records.inspection import MISUSED, NOT_READ, Inspection, Question, Refusal
from ovtui.records.odd_names import from_json, to_json
from ovtui.settings.schema.settings import Settings

LIMIT_S = 120.0
COMMAND = [sys.executable, "-m", "ovtui.engine.model.inspection_child"]


class NotInspected(Exception):
    """There is no answer. The text is one sentence for a person."""

    def __init__(self, text: str, detail: str = "", *, misused: bool = False) -> None:
        super().__init__(text)
        self.detail = detail
        """OpenVINO's whole text; empty where it says no more."""
        self.misused = misused
        """What was given for the model is wrong, not the model."""


def inspect_model(settings: Settings, limit_s: float = LIMIT_S) -> Inspection:
    """What is known of the model of the settings; blocks, at most `limit_s`. Raises NotInspected."""
    question = Question(settings, os.getpid())
    try:
        done = subprocess.run(
            COMMAND, input=to_json(question), capture_output=True, timeout=limit_s, check=False,
            env=child_environment(),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NotInspected(
            f"{settings.model}: no answer from OpenVINO within {limit_s:g} s; --time-limit gives it longer"
        ) from None
    except OSError as error:
        raise NotInspected(f"no process can be started that reads the model: {error.strerror}") from None
    try:
        if done.returncode == 0:
            return from_json(msgspec.json.Decoder(Inspection), done.stdout)
        if done.returncode in (MISUSED, NOT_READ) and done.stdout:
            refusal = from_json(msgspec.json.Decoder(Refusal), done.stdout)
            raise NotInspected(refusal.text, refusal.detail, misused=done.returncode == MISUSED)
    except msgspec.DecodeError:
        raise NotInspected(
            f"{settings.model}: the process that reads the model gave no answer that can be read"
        ) from None
    ended = _signal_name(-done.returncode) if done.returncode < 0 else f"exit code {done.returncode}"
    printed = done.stderr.decode(errors="replace").split("\n")
    last = next((f": {line.strip()}" for line in reversed(printed) if line.strip()), "")
    raise NotInspected(f"{settings.model}: the process that reads the model died with {ended}{last}")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
