"""How a box stands by what is kept of it, for a run that is resumed or shown."""

from __future__ import annotations

from collections.abc import Iterable

from ovtui.fleet.box import FaultKind
from ovtui.fleet.on_box.starting import RECORDING
from ovtui.fleet.running.journal import Standing
from ovtui.fleet.running.run_folder import RunFolder
from ovtui.records.fleet import GOOD_CODES, REFUSED_CODES, BoxState


def state_of(name: str, standing: Standing) -> BoxState:
    """`waiting` where there is something left to do."""
    state = BoxState(name=name, facts=standing.facts, session=standing.session, recording=standing.recording)
    if standing.begins is not None and not (standing.over and not standing.left):
        state.remote_recording = f"{standing.begins.folder}/{RECORDING}"
    if standing.ended is not None:
        ended = standing.ended
        state.code, state.result, state.blocks = ended.code, ended.result, list(ended.blocks)
        state.session = ended.session or state.session
    if standing.failed is not None and (standing.failed.final or standing.over):
        state.phase, state.text = "failed", standing.failed.text
    elif standing.over and standing.ended is not None:
        good = standing.ended.code in GOOD_CODES
        state.phase, state.text = "done" if good else "failed", standing.ended.text
    return state


def shown_states(folder: RunFolder) -> list[BoxState]:
    """Of all boxes of a run on which nobody works. Raises FleetError."""
    return [shown_state(box.name, folder.standing(box.name)) for box in folder.brief.boxes]


def faults_of(states: Iterable[BoxState], folder: RunFolder) -> dict[str, FaultKind]:
    """Of the boxes that failed, by name. Raises FleetError."""
    found: dict[str, FaultKind] = {}
    for state in states:
        if state.phase == "failed":
            failed = folder.standing(state.name).failed
            found[state.name] = failed.fault if failed is not None else fault_of(state)
    return found


def fault_of(state: BoxState) -> FaultKind:
    """Of a box whose session itself failed."""
    return "refused" if state.code in REFUSED_CODES else "failed"


def shown_state(name: str, standing: Standing) -> BoxState:
    """As `state_of`, of a run on which nobody works: what is not done is said to be broken off."""
    state = state_of(name, standing)
    if state.phase == "waiting":
        state.phase = "failed"
        if standing.failed is not None:
            state.text = standing.failed.text
        elif standing.begins is None:
            state.text = "not begun; ovtui fleet resume begins it"
        else:
            state.text = "broken off; ovtui fleet resume fetches what it has measured"
    return state
