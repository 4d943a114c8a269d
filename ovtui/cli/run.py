"""`ovtui run`: the same session as the dashboard's, drawn as one line."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING

import click

from ovtui.cli.exits import Exit, code_of_failure
from ovtui.cli.output import check_writable, hand_over
from ovtui.host.client import LiveSession, wait_for_message
from ovtui.host.client_protocol import SessionOptions
from ovtui.records.events import Note
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

if TYPE_CHECKING:
    from ovtui.metrics.digest import Digest

DEFAULT_S = 10.0
"""A run with no limit given ends after this."""
POLL_S = 0.25
DRAIN_S = 5.0
"""How long an interrupted run waits for what is in flight: a batch timer takes a second by default."""


class _Interrupt:
    """Counts the signals that ask for an end. Owner: the main thread, where Python runs signal handlers."""

    def __init__(self) -> None:
        self.count = 0
        self.hung_up = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._caught)

    def _caught(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.count += 1
        self.hung_up = self.hung_up or number == signal.SIGHUP


def run(settings: Settings, options: SessionOptions, json_path: str) -> int:
    if json_path and json_path != "-":
        check_writable(json_path)
    limit = ""
    if not settings.duration_s and not settings.requests:
        settings = with_changes(settings, {"duration_s": DEFAULT_S})
        limit = f"no --duration and no --requests: stopping after {DEFAULT_S:g} s"
    interrupt = _Interrupt()
    session = _start(settings, options)
    try:
        # Unlike a dashboard's, its result is for somebody: a hang-up ends it, unless it was asked to go on.
        return _measure(session, interrupt, json_path, limit, keeps=options.on_hangup == "keep")
    finally:
        session.close()


def start_detached(settings: Settings, options: SessionOptions) -> int:
    """Waits until the session measures, or cannot, and leaves it."""
    from ovtui.metrics.session.session_state import SessionState

    session, story = _start(settings, options), SessionState()
    while story.phase == "starting":
        update = session.poll()
        for event in update.events:
            story.fold(event)
            if isinstance(event, Note):
                _say(event.text)
        if update.host_gone:
            _say("the host process died")
            return Exit.FAILED
        if story.phase == "starting":
            wait_for_message(session, POLL_S)
    if story.phase in ("failed", "died"):
        session.close()
        _say(story.failure or "the engine died")
        return code_of_failure(story)
    if session.unreachable:
        session.close()
        _say(f"not left running, for nobody could stop it: {session.unreachable}")
        return Exit.FAILED
    session.detach(hangup=False)
    print(session.session)
    _say(
        f"session {session.session} runs; ovtui attach {session.session} shows it, ovtui stop {session.session} ends it"
    )
    return Exit.FINE


def _start(settings: Settings, options: SessionOptions) -> LiveSession:
    try:
        return LiveSession(settings, options)
    except OSError as error:
        raise click.ClickException(f"no host process can be started: {error.strerror}") from None


def _measure(session: LiveSession, interrupt: _Interrupt, json_path: str, limit: str, *, keeps: bool) -> int:
    """`limit`: what is to be said of the load's end, once there is a load."""
    # Imported while the engine compiles.
    from ovtui.cli.progress import Progress
    from ovtui.metrics.digest import Digest

    digest, progress = Digest(), Progress(sys.stderr)
    give_up_s: float | None = None
    while True:
        update = session.poll()
        digest.feed(update)
        if limit and digest.story.phase == "serving":
            _say(limit)
            limit = ""
        progress.show(digest, update)
        if update.finished and not len(update.records):
            break
        if interrupt.hung_up and keeps:
            session.detach(hangup=True)
            return Exit.INTERRUPTED
        if interrupt.count and give_up_s is None:
            session.stop()
            give_up_s = time.monotonic() + DRAIN_S
        if interrupt.count > 1 or (give_up_s is not None and time.monotonic() > give_up_s):
            break
        if not update.host_gone:
            wait_for_message(session, POLL_S)
    progress.end()
    # Whatever became of the session, what was measured is handed over.
    hand_over(digest, json_path)
    return _exit(digest, interrupt)


def _exit(digest: Digest, interrupt: _Interrupt) -> int:
    snapshot, story = digest.snapshot(), digest.story
    missed = [verdict for verdict in digest.slo() if not verdict.met]
    for verdict in missed:
        _say(f"slo: {verdict.sentence}")
    if interrupt.count:
        return Exit.INTERRUPTED
    if story.phase == "failed":
        _say(story.failure)
        return code_of_failure(story)
    if story.died is not None:
        words = f": {story.died.last_words}" if story.died.last_words else ""
        _say(f"the engine died with {story.died.signal or f'exit code {story.died.code}'}{words}")
        return Exit.FAILED
    if snapshot.host_gone:
        _say("the host process died; what was measured until then is above")
        return Exit.FAILED
    if snapshot.errors and snapshot.errors >= snapshot.completed:
        _say(f"all {snapshot.errors} requests failed")
        return Exit.FAILED
    # A limit that could not be checked was not held: a gate must not open on too little.
    return Exit.LIMIT_MISSED if missed else Exit.FINE


def _say(sentence: str) -> None:
    print(f"ovtui: {sentence}", file=sys.stderr)
