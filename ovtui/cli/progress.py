"""The progress of a headless run: on a terminal one line that is rewritten, elsewhere a line every few seconds. An
event (a handover, a refusal, a death) gets a line of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from ovtui.cli.progress_line import ProgressLine
from ovtui.metrics import number_format
from ovtui.metrics.comparison.beside_text import progress_text
from ovtui.metrics.digest import Digest
from ovtui.metrics.handover.device_state import DEMO, DEMO_TEXT, device_indicator
from ovtui.metrics.handover.event_text import describe_event
from ovtui.metrics.session.failures import failed_text
from ovtui.metrics.session.standstill import session_standstill, standstill_text
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.events import EngineDiagnosed, EngineResumed, EngineStalled, Note, Refused
from ovtui.records.source import Update

LOG_S = 5.0
START_S = 1.0
"""A start that takes no longer needs no word on a terminal."""


class Progress:
    """Owner: the run's one thread."""

    def __init__(self, out: TextIO, *, verbose: bool = False, in_words: Callable[[str], str] = str) -> None:
        """`verbose`: OpenVINO's whole text follows the sentence on a failure. `in_words`: makes of what an engine says
        what is printed."""
        self._verbose, self._in_words = verbose, in_words
        self._shown = ProgressLine(out, LOG_S)
        self._next_start_s = time.monotonic() + (START_S if self._shown.rewrites else LOG_S)
        """When it is said what the start takes so long for, next."""
        self._device = ""
        self._queue = ""
        """The state of an open loop's queue that was printed last."""
        self._host_silent = False

    def show(self, digest: Digest, update: Update) -> None:
        for event in update.events:
            if isinstance(event, Note):
                self._shown.stays_once(self._in_words(event.text), event.detail if self._verbose else "")
            elif isinstance(event, Refused):
                text = f"{'cancelled' if event.called_off else 'refused'}: {event.reason}"
                self._line(self._in_words(text), event.detail)
            elif isinstance(event, EngineStalled):
                self._line(standstill_text(event, event.t_ns), "")  # with what can be typed now
            elif isinstance(event, (EngineResumed, EngineDiagnosed)):
                self._line(describe_event(event, digest.session_state).text, "")
        if bool(update.host.silent) != self._host_silent:
            self._host_silent = bool(update.host.silent)
            self._line(update.host.silent or "the host answers again")
        state = device_indicator(digest.session_state, update.now_ns)
        device = state.device
        failed = digest.session_state.phase == "failed"  # the run's last line says why
        if device != self._device and device and digest.session_state.serving and not failed:
            self._device = device
            told = f"serving on {device}: {state.sentence}" if state.sentence else f"serving on {device}"
            said = any(DEMO in note.text for note in digest.session_state.notes)
            self._line(f"{told}; {DEMO_TEXT}" if state.lacks_accelerator and not said else told)
        self._print_queue_change(digest)
        now_s = time.monotonic()
        if digest.session_state.serving:
            if self._shown.is_due():
                self._progress(digest, device)
        elif now_s >= self._next_start_s and digest.session_state.phase == "starting" and state.state != "none":
            self._next_start_s = now_s + self._shown.every_s
            self._write_over(state.sentence)

    def _print_queue_change(self, digest: Digest) -> None:
        queue = digest.queue()
        if queue is None or queue.state == self._queue:
            return
        if queue.sentence:
            self._line(queue.sentence)
        elif self._queue:
            self._line("the queue is empty again")
        self._queue = "" if queue.state == "steady" else queue.state

    def say(self, text: str) -> None:
        """A sentence on a line of its own."""
        self._line(text)

    def end(self) -> None:
        self._shown.leave()

    def _progress(self, digest: Digest, device: str) -> None:
        snapshot = digest.snapshot()
        if not snapshot.completed:
            return
        # Of the device that the line names, and not of a stand-in before it.
        p50 = (snapshot.segment_latency if snapshot.in_force_device else snapshot.latency)["inference"].p50
        failed = f"{failed_text(snapshot.error_share)}  " if snapshot.error_share else ""
        text = (
            f"{failed}{number_format.run_length(snapshot.elapsed_s):>9}  {snapshot.completed:,} completed  "
            f"{number_format.rate(snapshot.throughput)}/s  "
            f"p50 {number_format.milliseconds(p50)} ms  errors {snapshot.errors:,}  {device}"
            f"{_queue(snapshot)}{_standstill(snapshot)}{_beside(snapshot)}"
        )
        self._write_over(text)

    def _write_over(self, text: str) -> None:
        self._shown.write_over(text)

    def _line(self, text: str, detail: str = "") -> None:
        self._shown.stays(text, detail if self._verbose else "")


def _standstill(snapshot: Snapshot) -> str:
    text = session_standstill(snapshot.session_state, snapshot.now_ns)
    return f"  {text}" if text else ""


def _beside(snapshot: Snapshot) -> str:
    """How far the comparison with a second model is."""
    trial = snapshot.trial
    if trial is None or not trial.state.began.beside or trial.state.ended is not None:
        return ""
    return f"  beside {progress_text(trial, snapshot.now_ns)}"


def _queue(snapshot: Snapshot) -> str:
    queue = snapshot.queue
    if queue is None or not queue.overloaded:
        return ""
    what, per_s = ("shed", queue.shed_per_s) if queue.state == "full" else ("queue grows by", queue.growth_per_s)
    return f"  overloaded: {what} {number_format.estimated_rate(per_s)}/s"
