"""`ovtui run`: the same session as the dashboard's, drawn as one line."""

from __future__ import annotations

import select
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import click

from ovtui.cli.exits import Exit
from ovtui.host.client import LiveSession
from ovtui.settings.schema import Settings

DEFAULT_S = 10.0
"""A run with no limit given ends after this."""
POLL_S = 0.25
DRAIN_S = 5.0
"""How long an interrupted run waits for what is in flight: a batch timer takes a second by default."""


class _Interrupt:
    """Counts the signals that ask for an end. Owner: the main thread, where Python runs signal handlers."""

    def __init__(self) -> None:
        self.count = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._caught)

    def _caught(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.count += 1


def run(settings: Settings, json_path: str) -> int:
    if json_path and json_path != "-":
        _check_writable(json_path)
    if not settings.duration_s and not settings.requests:
        settings = settings.changed({"duration_s": DEFAULT_S})
        _say(f"no --duration and no --requests: stopping after {DEFAULT_S:g} s")
    interrupt = _Interrupt()
    try:
        session = LiveSession(settings)
    except OSError as error:
        raise click.ClickException(f"no host process can be started: {error.strerror}") from None
    try:
        return _measure(session, interrupt, json_path)
    finally:
        session.close()


def _measure(session: LiveSession, interrupt: _Interrupt, json_path: str) -> int:
    # Imported while the engine compiles.
    from ovtui.cli.progress import Progress
    from ovtui.metrics.digest import Digest
    from ovtui.metrics.result import result_of, to_json
    from ovtui.metrics.summary import summary_lines

    digest, progress = Digest(), Progress(sys.stderr)
    give_up_s: float | None = None
    while True:
        update = session.poll()
        digest.feed(update)
        progress.show(digest, update)
        if update.finished and not len(update.records):
            break
        if interrupt.count and give_up_s is None:
            session.stop()
            give_up_s = time.monotonic() + DRAIN_S
        if interrupt.count > 1 or (give_up_s is not None and time.monotonic() > give_up_s):
            break
        select.select([session] if not update.host_gone else [], [], [], POLL_S)
    progress.end()
    # Whatever became of the session, what was measured is handed over.
    if json_path == "-":
        sys.stdout.buffer.write(to_json(result_of(digest)))
    else:
        if json_path:
            Path(json_path).write_bytes(to_json(result_of(digest)))
        if digest.snapshot().completed:
            print("\n".join(summary_lines(digest)))
    return _exit(digest, interrupt)


def _exit(digest: Digest, interrupt: _Interrupt) -> int:  # type: ignore[name-defined]  # noqa: F821
    snapshot, story = digest.snapshot(), digest.story
    if interrupt.count:
        return Exit.INTERRUPTED
    if story.phase == "failed":
        _say(story.failure)
        return Exit.UNUSABLE if story.unusable else Exit.FAILED
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
    return Exit.FINE


def _check_writable(path: str) -> None:
    """Before anything is measured: a result that cannot be kept is no result."""
    folder = Path(path).resolve().parent
    if not folder.is_dir():
        raise click.UsageError(f"--json {path}: there is no folder {folder}")
    if Path(path).is_dir():
        raise click.UsageError(f"--json {path}: that is a folder; name a file")


def _say(sentence: str) -> None:
    print(f"ovtui: {sentence}", file=sys.stderr)
