"""A session as `ovtui follow` tells it: the figures are those that its dashboard shows, by the same functions."""

from __future__ import annotations

from ovtui.metrics.digest import Digest
from ovtui.metrics.following.blocks import FollowedBlocks
from ovtui.metrics.groups.group_figures import share_of
from ovtui.metrics.handover.device_state import device_indicator
from ovtui.metrics.handover.event_text import describe_event, describe_refusal
from ovtui.metrics.session.session_state import SessionPhase, SessionState
from ovtui.metrics.session.standstill import session_standstill
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.events import Note, Refused
from ovtui.records.following import Block, Now, Phase
from ovtui.records.machine_readings import MachineReading
from ovtui.records.source import Update
from ovtui.settings.device_names import kind_of

_PHASES: dict[SessionPhase, Phase] = {
    "starting": "starting", "serving": "serving", "ended": "finished", "failed": "failed", "died": "died",
}  # fmt: skip
S_DECIMALS = 3


class FollowedSession:
    """Owner: the thread that polls the session."""

    def __init__(self) -> None:
        self.digest = Digest()
        self._blocks = FollowedBlocks()
        self._warning = ""
        """The newest."""

    def feed(self, update: Update) -> None:
        self.digest.feed(update)
        self._blocks.feed(update)
        for event in update.events:
            if not isinstance(event, Note | Refused):
                continue
            text = describe_event(event, self.digest.session_state)
            if text.severity in ("warning", "error"):
                self._warning = text.text if isinstance(event, Note) else describe_refusal(event)[1]

    def now(self, session: str) -> Now:
        """How it stands. `session`: its name."""
        snapshot = self.digest.snapshot()
        state = snapshot.session_state
        settings, engine, shares = state.settings, state.engine, snapshot.batches
        response = snapshot.segment_latency.get("response")
        changes = [change.t_ns for each in state.engines.values() for change in each.device_changes]
        model = engine.model if engine is not None else None
        return Now(
            session=session,
            version=state.session.ovtui if state.session is not None else "",
            openvino=model.openvino if model is not None else None,
            t_s=round(snapshot.session_s, S_DECIMALS),
            phase=_PHASES[state.phase],
            model=model.name if model is not None else settings.model if settings is not None else "",
            requested=settings.device if settings is not None else "",
            device=device_indicator(state, snapshot.now_ns).device,
            hint=settings.hint if settings is not None else "",
            submitted=snapshot.submitted,
            completed=snapshot.completed,
            errors=snapshot.errors,
            in_flight=snapshot.in_flight,
            throughput=snapshot.throughput,
            p50_ms=response.p50 if response is not None else None,
            p99_ms=response.p99 if response is not None else None,
            handovers=state.device_changes,
            handover_s=round(max(changes) / 1e9, S_DECIMALS) if changes else None,
            batch_share=share_of(shares.batched, shares.known),
            temperature_c=_temperature_c(state, self.digest.telemetry.now(snapshot.now_ns)),
            throttled=_throttled(state),
            missed=[str(verdict.limit) for verdict in snapshot.slo if verdict.verdict == "missed"],
            text=self._text(snapshot),
            recording=recording_path(state),
            blocks=self._blocks.take(self.digest, snapshot),
        )

    def last_blocks(self) -> list[Block]:
        """Once nothing more will come: those that no line has had yet."""
        return self._blocks.take(self.digest, self.digest.snapshot(), final=True)

    def _text(self, snapshot: Snapshot) -> str:
        """The most urgent that is to be told now."""
        state = snapshot.session_state
        if snapshot.host.silent:
            return snapshot.host.silent
        if state.phase in ("failed", "died"):
            return device_indicator(state, snapshot.now_ns).sentence
        return session_standstill(state, snapshot.now_ns) or self._warning


def recording_path(state: SessionState) -> str:
    """Empty without a recording."""
    return state.recording.path if state.recording is not None else ""


def _temperature_c(state: SessionState, reading: MachineReading | None) -> float | None:
    """Of the GPU where one serves and tells it, else of the CPU."""
    if reading is None:
        return None
    serves = state.engine.devices if state.engine is not None else []
    on_gpu = any(kind_of(name.strip("()")) == "GPU" for name in serves)
    gpu_c = reading.gpu_temperature_c if on_gpu else None
    return reading.cpu_temperature_c if gpu_c is None else gpu_c


def _throttled(state: SessionState) -> list[str]:
    spans = (span for span in state.disturbances.now if span.kind == "throttle")
    return sorted({span.source for span in spans if span.source is not None})
