"""The device indicator, in every view: which device serves now, as text and colour, and a sentence on its state."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut, one_line, spread, width_of
from ovtui.dashboard.keys.flag_words import without_flags
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.views.header import replacement_compiling
from ovtui.metrics import number_format
from ovtui.metrics.handover.device_state import (
    DEMO_TEXT,
    FIRST_NOTICE_NS,
    DeviceIndicator,
    IndicatorState,
    device_indicator,
)
from ovtui.metrics.session.session_state import SessionState
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.recording_state import RecordingState

_COLOURS: dict[IndicatorState, str] = {
    "none": "$faint",
    "starting": "$faint",
    "standing-in": "$stand-in",
    "serving": "$accelerator",
    "failed": "$error",
    "only": "$accelerator",
    "ambiguous": "$several",
    "died": "$error",
}


class DeviceLine(Panel):
    _snapshot: Snapshot | None = None
    _recording: RecordingState | None = None

    def show(self, snapshot: Snapshot, recording: RecordingState | None = None) -> None:
        """`recording`: of a replay; what of it is missing or cannot be read stands here all the time."""
        self._snapshot, self._recording = snapshot, recording
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._snapshot is None:
            return Content()
        session_state, now_ns = self._snapshot.session_state, self._snapshot.now_ns
        replayed = self._recording is not None
        state = device_indicator(session_state, now_ns, self._snapshot.worst_at_handover_ms, replayed=replayed)
        left = [(" DEVICE ", "$dim"), *device_block(state)]
        right: list[Piece] = []
        if replacement_compiling(session_state):
            took = number_format.running_for(session_state.engines[session_state.compiling].spawned_ns, now_ns)
            meanwhile = "" if session_state.resting is not None else "; this one serves"
            right = [(f"new engine compiling, {took}{meanwhile} ", "bold")]
        elif state.asks_doctor and self._recording is None:
            right = [(keys_of(self).first("doctor"), "bold $key"), (" doctor ", "$dim")]
        if self._recording is not None and self._recording.damage:
            right = [(f"{cut(one_line(f'damaged: {self._recording.damage}'), max(width // 2, 30))} ", "bold $error")]
        elif self._recording is not None and self._recording.text:
            right = [(f"{cut(one_line(self._recording.text), max(width // 2, 30))} ", "bold $warning")]
        sentence = without_flags(one_line(state.sentence))
        if session_state.engine is None and self._snapshot.read_share is not None:
            sentence = "reading the session"
        if state.lacks_accelerator and now_ns <= FIRST_NOTICE_NS and self._recording is None:
            sentence += f"; {DEMO_TEXT}"
        if sentence:
            style = _COLOURS[state.state] if state.state in ("failed", "died") else ""
            left.append((f"  {cut(sentence, max(width - width_of(left) - width_of(right) - 3, 20))}", style))
        full = _device_full_name(session_state, state.device)
        if full and width_of(left) + len(full) + width_of(right) + 4 <= width:
            left.append((f"  {full}", "$dim"))
        return spread(left, right, width)


def device_block(state: DeviceIndicator) -> list[Piece]:
    """The device as a solid block, which half blocks frame where there is no colour."""
    colour = _COLOURS[state.state]
    if state.state in ("serving", "only") and state.device == "CPU":
        colour = "$cpu"
    return [
        ("▌", f"{colour} on {colour}"),
        (one_line(state.device), f"bold $on-block on {colour}"),
        ("▐", f"{colour} on {colour}"),
    ]


def _device_full_name(session_state: SessionState, device: str) -> str:
    """The device's full name; empty if unknown. OpenVINO calls a machine's only GPU 'GPU' in its list of devices and
    'GPU.0' in EXECUTION_DEVICES."""
    engine = session_state.engine
    if engine is None or engine.model is None:
        return ""
    available, device = engine.model.available, device.strip("()")
    return one_line(available.get(device) or available.get(device.partition(".")[0], ""))
