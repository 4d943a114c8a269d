"""What each device of the machine makes of a model, asked in a process for each
(engine/model/device_trial_child.py)."""

from __future__ import annotations

import os
from collections.abc import Sequence

import msgspec

from ovtui.host.asked_devices import ToldOfDevice, ask_devices
from ovtui.records.device_verdicts import (
    Batches,
    Began,
    Compiles,
    DeviceVerdict,
    Done,
    Found,
    Optimal,
    Queried,
    Refused,
    Step,
    TrialQuestion,
)
from ovtui.records.odd_names import to_json
from ovtui.settings.device_names import PHYSICAL, candidates, device_suggestion, kind_of, virtual_of
from ovtui.settings.schema.settings import Settings

MODULE = "ovtui.engine.model.device_trial_child"
LIMIT_S = 10.0
"""Of a device, where the person gave no limit."""
_STEPS: msgspec.json.Decoder[Step] = msgspec.json.Decoder(Step)


def device_verdicts(
    settings: Settings, device: str = "", limit_s: float = LIMIT_S, *, compile_anyway: bool = False
) -> list[DeviceVerdict]:
    """Of the devices that the device string names, or of all; the model has the shapes of the settings. Blocks for
    `limit_s`, and a little more where the machine has several devices of a kind. `compile_anyway`: whatever the model
    weighs."""

    def question(device: str) -> bytes:
        return to_json(
            TrialQuestion(settings=settings, device=device, compile_anyway=compile_anyway, parent_pid=os.getpid())
        )

    told = ask_devices(asked_devices(device), MODULE, question, _STEPS, _names, limit_s)
    return [verdict_of(name, each) for name, each in sorted(told.items())]


def asked_devices(device: str) -> list[str]:
    """The kinds of a bare AUTO, the devices that any other device string names."""
    named = list(dict.fromkeys(candidates(device, ()))) if device else []
    return named if named and virtual_of(device) != device else list(PHYSICAL)


def verdict_of(device: str, told: ToldOfDevice[Step]) -> DeviceVerdict:
    """What one process told, and how far it came."""
    found = next((step for step in told.steps if isinstance(step, Found)), None)
    compiles = next((step for step in told.steps if isinstance(step, Compiles)), None)
    refused = next((step.why for step in told.steps if isinstance(step, Refused)), "")
    why = refused
    if not any(isinstance(step, Done) for step in told.steps):
        why = told.answer.words if told.answer.ending != "answered" else "its process gave no answer that can be read"
        if doing := next((step.doing for step in reversed(told.steps) if isinstance(step, Began)), ""):
            why += f" while {doing}"
        if told.answer.ending == "late":
            why += "; --time-limit gives it longer"
        elif told.answer.ending in ("signal", "exit-code") and told.answer.last_line:
            why += f": {told.answer.last_line}"
    elif found is not None and not found.names:
        why = found.why.removeprefix(f"{kind_of(device)}: ") or f"no such device{device_suggestion(device, PHYSICAL)}"
    # What a compile shows comes after what was foretold; where it fails, only reasons against batches still hold.
    failed = compiles is not None and compiles.compiles is False
    batching = {step.batching.device: step.batching for step in told.steps if isinstance(step, Batches)}
    return DeviceVerdict(
        device=device,
        full_name=found.full_name or None if found is not None else None,
        present=None if found is None else bool(found.names),
        why=why or None,
        unlisted=next((step.unlisted for step in told.steps if isinstance(step, Queried)), None),
        compiles=compiles.compiles if compiles is not None else None,
        compile_ms=compiles.ms if compiles is not None else None,
        compile_why=compiles.why or None if compiles is not None else None,
        optimal_batch_size=next((step.size for step in told.steps if isinstance(step, Optimal)), None),
        batching=[each for each in batching.values() if each.batches is False or not failed],
    )


def _names(steps: Sequence[Step]) -> list[str]:
    return next((step.names for step in steps if isinstance(step, Found)), [])
