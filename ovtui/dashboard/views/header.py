"""The first line of every view: model, input, device, hint, load, elapsed time, state and recording."""

from __future__ import annotations

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut_middle, first_that_fits, one_line, spread, width_of
from ovtui.metrics import number_format
from ovtui.metrics.comparison.beside_text import side_word
from ovtui.metrics.session.failures import failed_text
from ovtui.metrics.session.model_state import ModelState, model_state
from ovtui.metrics.session.session_state import EngineState, SessionState
from ovtui.metrics.session.study_text import brief_progress
from ovtui.metrics.snapshot import Snapshot
from ovtui.settings.schema.arrival import describe_in_flight, describe_load, is_closed_loop
from ovtui.settings.schema.settings import Settings

_SHORT_TYPES = {"float": "f32", "float32": "f32", "float16": "f16", "half": "f16", "int64_t": "i64"}
_PACE_IN_BRIEF = {"1 Hz: cores are saturated": "1 Hz: busy", "1 Hz: the line is slow": "1 Hz: slow line"}
"""For a width without room for the whole text of pace.py."""
_PINNED_FROM = 120
"""Columns from which the header says that settings are pinned."""


class Header(Panel):
    _snapshot: Snapshot | None = None
    _replay_text = ""
    _read_only = False
    _pace_text = ""
    _pinned = False
    _failed_text = ""
    _state: ModelState | None = None

    def show(
        self,
        snapshot: Snapshot,
        *,
        replay_text: str = "",
        read_only: bool = False,
        pace_text: str = "",
        pinned: bool = False,
        new_figures: bool = True,
    ) -> None:
        """`replay_text`: state and position of a replay; `read_only`: this client may not change the live session;
        `pace_text`: frames a second and why, where they are fewer than chosen: '1 Hz: cores are saturated'; `pinned`:
        settings are pinned as A;
        `new_figures`: the view draws its figures in this frame too, so that one figure has one value on it."""
        self._snapshot, self._replay_text, self._read_only = snapshot, replay_text, read_only
        self._pace_text = pace_text
        self._pinned = pinned
        if new_figures:
            self._failed_text, self._state = failed_text(snapshot.error_share), model_state(snapshot.session_state)
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._snapshot is None:
            return Content()
        session_state = self._snapshot.session_state
        narrow = width < 110
        right = self._right_pieces(self._pace_text.partition(":")[0], narrow)
        left = first_that_fits(
            _title_forms(session_state, session_state.settings, self._state), width - width_of(right) - 2
        )
        # Why frames are few has the room that the facts leave.
        for pace in (self._pace_text, _PACE_IN_BRIEF.get(self._pace_text, "")):
            reasoned = self._right_pieces(pace, narrow)
            if pace and width_of(left) + 2 + width_of(reasoned) <= width:
                right = reasoned
                break
        return spread(left, right, width)

    def _right_pieces(self, pace: str, narrow: bool) -> list[Piece]:
        assert self._snapshot is not None
        session_state = self._snapshot.session_state
        pieces: list[Piece] = [(f"{self._failed_text}  ", "bold $error")] if self._failed_text else []
        if self._pinned and self.size.width >= _PINNED_FROM:
            pieces.append(("A pinned  ", "bold"))
        if session_state.segment is not None and session_state.segment.segment and not session_state.in_turns:
            pieces.append((f"{'seg' if narrow else 'segment'} {session_state.segment.segment}  ", "$dim"))
        if pace:
            pieces.append((f"{pace} · ", "$warning"))
        if self._replay_text:
            pieces.append((f"{self._replay_text} ", "bold"))
        else:
            if self._read_only:
                pieces.append(("read-only ", "bold"))
            pieces.append((f"{number_format.elapsed(self._snapshot.session_s)} ", "bold"))
        state_text = self._state_text()
        if state_text:
            over = self._snapshot.host_gone or session_state.phase in ("died", "failed")
            pieces.append((state_text, "bold $error" if over else "bold"))
        return pieces if self._replay_text else [*pieces, *_recording_pieces(self._snapshot, narrow=narrow)]

    def _state_text(self) -> str:
        """The session's state, unless it is simply running."""
        assert self._snapshot is not None
        if self._snapshot.read_share is not None:  # the figures are of that part
            return f"reading {self._snapshot.read_share:.0%} ".replace("%", " %")
        session_state = self._snapshot.session_state
        if self._snapshot.host_gone:
            return "host gone "
        if session_state.phase in ("died", "failed", "ended"):
            return {"died": "engine died", "failed": "failed", "ended": "ended"}[session_state.phase] + " "
        if session_state.trial is not None and session_state.trial.began.beside and session_state.trial.turns:
            return f"{side_word(session_state.trial.turns[-1].side)} "
        if session_state.study is not None:
            return f"{brief_progress(session_state.study)} "
        if session_state.trial is not None and session_state.in_turns:
            return f"trial: {session_state.trial.turns[-1].side} "
        if replacement_compiling(session_state):
            spawned_ns = session_state.engines[session_state.compiling].spawned_ns
            return f"compiling {number_format.running_for(spawned_ns, self._snapshot.now_ns)} "
        return ""


def _recording_pieces(snapshot: Snapshot, *, narrow: bool) -> list[Piece]:
    """The state of the recording and its size, or that there is none."""
    session_state = snapshot.session_state
    if session_state.recording is None:
        if session_state.recording_ended is not None:
            return [("no rec " if narrow else "not recording ", "bold $error")]
        return [("no rec " if narrow else "not recording ", "$dim")] if session_state.segment is not None else []
    if session_state.recording_ended is not None:
        why = ": disk full" if session_state.recording_ended.disk_full else ""
        return [("rec stopped " if narrow else f"recording stopped{why} ", "bold $error")]
    taken = snapshot.readings.recording_bytes if snapshot.readings is not None else None
    size = "" if narrow or taken is None else f"{number_format.size(taken)} "
    return [("  " if snapshot.finished else "● ", "$success"), (f"rec {size}", "$dim")]


def replacement_compiling(session_state: SessionState) -> bool:
    """True while a second engine compiles and the first one still serves."""
    return session_state.phase == "serving" and bool(session_state.compiling)


def _title_forms(session_state: SessionState, settings: Settings | None, state: ModelState | None) -> list[list[Piece]]:
    """Forms of the left part, from the longest to the shortest."""
    if settings is None:
        return [[(" ovtui", "bold"), ("  waiting for the session's first event", "$dim")]]
    engine = session_state.engine
    name, inputs = _model_texts(engine, settings)
    segment = session_state.segment
    in_flight, api = (segment.nireq, segment.api) if segment else (settings.nireq, settings.api)
    compiled = engine.compiled if engine else None
    device = one_line(compiled.device if compiled else settings.device)
    hint = "no hint" if settings.hint == "none" else settings.hint.upper()
    load = describe_load(settings)
    flight = f" · {describe_in_flight(settings, in_flight, api)}" if in_flight else ""
    brand: Piece = (" ovtui ", "bold")
    long = f"   {device} · {hint}{flight} · {load}"
    # Without the period, as in '300/s (each 3.333 ms)'.
    in_brief = load.partition(" (each ")[0]
    middle = f"  {device} {hint}{flight} · "
    short = f"  {device} {hint} {in_flight or 'auto'}" + ("" if is_closed_loop(settings) else f" {in_brief}")
    stateful: list[list[Piece]] = []
    if state is not None:
        said: Piece = (f" · {state.text}", "$dim")
        stateful = [
            [brand, (f" {name}", "bold"), (f" {inputs}", "$dim"), said, (long, "")],
            [brand, (f" {name}", "bold"), said, (long, "")],
            [(f" {name}", "bold"), said, (middle + in_brief, "")],
            *([(f" {cut_middle(name, room)}", "bold"), said, (short, "")] for room in (24, 16)),
            *([(f" {cut_middle(name, room)}", "bold"), (" · stateful", "$dim"), (short, "")] for room in (24, 16)),
        ]
    return [
        *stateful,
        [brand, (f" {name}", "bold"), (f" {inputs}", "$dim"), (long, "")],
        [brand, (f" {name}", "bold"), (long, "")],
        [(f" {name}", "bold"), (long, "")],
        [(f" {name}", "bold"), (middle + load, "")],
        [(f" {name}", "bold"), (middle + in_brief, "")],
        *([[(f" {name}", "bold"), (f"  {device} {hint}{flight}", "")]] if is_closed_loop(settings) else []),
        [(f" {name}", "bold"), (short, "")],
        *([(f" {cut_middle(name, room)}", "bold"), (short, "")] for room in (24, 16, 10)),
        [(f" {cut_middle(name, 16)}", "bold"), (f"  {device} {hint}", "")],
    ]


def _model_texts(engine: EngineState | None, settings: Settings) -> tuple[str, str]:
    """The model's name, and shape and type of its first input."""
    if engine is None or engine.model is None:
        return one_line(settings.model), ""
    model = engine.model
    if not model.inputs:
        return one_line(model.name), ""
    first = model.inputs[0]
    more = f" +{len(model.inputs) - 1}" if len(model.inputs) > 1 else ""
    kind = _SHORT_TYPES.get(first.type, first.type)
    return one_line(model.name), one_line(f"{first.shape.strip('[]')} {kind}{more}")
