"""A session watched to its end without a screen, its progress on stderr: what `ovtui run` and `ovtui benchmark_app`
share."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ovtui.cli.drain import Drain

if TYPE_CHECKING:
    from ovtui.cli.beside_option import BesideRun
    from ovtui.cli.interrupts import Interrupts
    from ovtui.host.client import LiveSession
    from ovtui.metrics.digest import Digest
    from ovtui.records.source import Update

POLL_S = 0.25
END_S = 3.0
"""How long a run waits to hear why its load was stopped."""


def _nothing(digest: Digest, update: Update) -> Sequence[str]:  # noqa: ARG001
    return ()


def follow(
    session: LiveSession,
    interrupt: Interrupts,
    *,
    limit_text: str = "",
    keep: bool,
    verbose: bool = False,
    beside: BesideRun | None = None,
    on_update: Callable[[Digest, Update], Sequence[str]] = _nothing,
    in_words: Callable[[str], str] = str,
) -> Digest | None:
    """Returns all that the session told, up to what its engines left, once it is over and closed; None where it
    outlives this view: with `keep`, after a hang-up.

    `limit_text` is printed once the load has begun. `beside`: when a run with a second model is over. `on_update`: gets
    what is new, after it has been counted, and returns lines for stdout. `in_words`: as Progress has it."""
    # Imported while the engine compiles.
    from ovtui.cli.progress import Progress
    from ovtui.host.client import wait_for_message
    from ovtui.host.client_protocol import DRAIN_S
    from ovtui.metrics.digest import Digest

    digest, progress = Digest(), Progress(sys.stderr, verbose=verbose, in_words=in_words)
    drain: Drain | None = None
    while True:
        update = session.poll()
        digest.feed(update)
        if lines := on_update(digest, update):
            progress.end()
            print("\n".join(lines), flush=True)
        if limit_text and digest.session_state.phase == "serving":
            progress.say(limit_text)
            limit_text = ""
        progress.show(digest, update)
        if update.finished and not len(update.records):
            break
        if interrupt.hung_up and keep:
            session.detach(hangup=True)
            return None
        over = beside is not None and beside.is_over(digest, update.now_ns)
        if beside is not None and not over and (failure := beside.new_failure(digest)):
            progress.say(f"{failure}; this load goes on for its --duration")
        waits = beside is not None and interrupt.count == 1 and beside.tells_first(session, digest)
        if (interrupt.count or over) and drain is None and not waits:
            session.stop(DRAIN_S)
            if interrupt.count:
                session.hurry()
            drain = Drain(digest)
        if interrupt.count > 1 or (drain is not None and (session.left or drain.overdue(digest))):
            break
        if not update.host_gone:
            wait_for_message(session, POLL_S)
    progress.end()
    if beside is None:
        _hear_who_ended(session, digest, interrupt, on_update)
    session.close()
    for update in session.last_updates():  # an engine may have been killed at the end: what it left counts
        digest.feed(update)
        _print(on_update(digest, update))
    return digest


def _hear_who_ended(
    session: LiveSession,
    digest: Digest,
    interrupt: Interrupts,
    on_update: Callable[[Digest, Update], Sequence[str]],
) -> None:
    """The session ends soon after a load that another view has stopped, or a signal to the host, and then says why."""
    from ovtui.host.client import wait_for_message

    ended, end_s = digest.session_state.ended, time.monotonic() + END_S
    stopped = ended is not None and ended.reason == "stopped"
    while stopped and not interrupt.count and time.monotonic() < end_s:
        wait_for_message(session, POLL_S)
        digest.feed(update := session.poll())
        _print(on_update(digest, update))
        stopped = not (update.host.ended or update.host_gone)


def _print(lines: Sequence[str]) -> None:
    if lines:
        print("\n".join(lines), flush=True)
