"""What `ovtui follow` does: waits for its session, tells how it stands, and how it ended."""

from __future__ import annotations

import errno
import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click
import msgspec

from ovtui.cli.exits import Exit
from ovtui.cli.headless import END_S
from ovtui.host import session_finding
from ovtui.host.session_finding import Found
from ovtui.host.session_socket import ANSWER_S, NoSession, SessionSocketError
from ovtui.records.following import Ended, FollowLine, Waiting, to_line

if TYPE_CHECKING:
    from ovtui.cli.session_exit import Ending
    from ovtui.host.client import AttachedSession
    from ovtui.metrics.digest import Digest
    from ovtui.metrics.following.now_line import FollowedSession
    from ovtui.records.following import Block
    from ovtui.records.source import Update

LOOK_S = 0.25
"""How often it is looked whether the session has begun."""
POLL_S = 0.5
"""A ring holds what 50,000 requests a second make in five. The messages of the host wait as long: to wake up for each
of them would double the cost."""


def follow_session(session: str, record: str, *, every_s: float, wait_s: float) -> int:
    """Writes the lines of records/following.py to stdout. Raises click.ClickException where there is no session, and
    BrokenPipeError where the reader of the lines has gone."""
    out = Lines(every_s)
    attached = _await_session(session, record, out, wait_s)
    if attached is None:
        out.write(_ended_from_recording(record, out))
        return Exit.FINE
    try:
        out.write(_follow(attached, out))
    finally:
        attached.close()
    return Exit.FINE


class Lines:
    """stdout. Owner: the command."""

    def __init__(self, every_s: float) -> None:
        self.every_s = every_s
        self._due_s = time.monotonic()
        self._watched = select.poll()
        self._watched.register(1, 0)

    @property
    def left_s(self) -> float:
        """Until a line is due; not above 0 where one is."""
        return self._due_s - time.monotonic()

    def write(self, line: FollowLine) -> None:
        """Raises BrokenPipeError."""
        sys.stdout.buffer.write(to_line(line))
        sys.stdout.buffer.flush()
        self._due_s = time.monotonic() + self.every_s

    def pause(self, limit_s: float) -> None:
        """Waits for that time, or until a line is due. Raises BrokenPipeError as soon as the reader has gone."""
        happened = self._watched.poll(max(min(limit_s, self.left_s), 0.0) * 1000)
        if any(events & (select.POLLERR | select.POLLHUP) for _, events in happened):
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def _await_session(session: str, record: str, out: Lines, wait_s: float) -> AttachedSession | None:
    """None where the session is over and its recording is there."""
    began_s = time.monotonic()
    while True:
        left_s = began_s + wait_s - time.monotonic()
        answer_s = ANSWER_S if left_s <= 0 else min(ANSWER_S, out.every_s)
        found = _find(session, record, answer_s)
        if found is None:
            return None
        if found.session:
            attached = _attach(found.session, answer_s)
            if not isinstance(attached, Found):
                return attached
            found = attached
        if found.ambiguous:
            raise click.UsageError(found.why)
        if left_s <= 0:
            raise click.ClickException(found.why)
        if out.left_s <= 0:
            silent = "" if found.all_answered else found.why
            out.write(Waiting(waited_s=round(time.monotonic() - began_s, 3), text=silent))
        out.pause(min(LOOK_S, left_s))


def _find(session: str, record: str, answer_s: float) -> Found | None:
    """None where the session that recorded is over."""
    if not record:
        return session_finding.find_by_id(session) if session else session_finding.find_only()
    # Before the sessions are asked: one that ends in between has then left a whole file.
    over, why = _is_over(record)
    found = session_finding.find_by_recording(record, answer_s)
    if found.session or not found.all_answered:
        return found
    return None if over else Found(why=why or found.why)


def _is_over(record: str) -> tuple[bool, str]:
    """Whether a file is there that nobody records into; why it is no recording."""
    from ovtui.records.session_file.opening import SessionFileError, check_kind, is_recorded_now

    if not os.path.lexists(record) or is_recorded_now(record):
        return False, ""
    try:
        check_kind(record)
    except SessionFileError as error:
        return False, str(error)
    return True, ""


def _attach(name: str, answer_s: float) -> AttachedSession | Found:
    from ovtui.host.client import AttachedSession

    try:
        return AttachedSession(name, read_only=True, answer_s=answer_s)
    except NoSession as error:
        return Found(why=str(error))
    except SessionSocketError as error:
        return Found(why=str(error), all_answered=False)


def _follow(attached: AttachedSession, out: Lines) -> Ended:
    from ovtui.metrics.following.now_line import FollowedSession

    followed = FollowedSession()
    while not _poll(attached, followed):
        if out.left_s <= 0:
            out.write(followed.now(attached.session))
        out.pause(POLL_S)
    _hear_who_ended(attached, followed, out)
    snapshot = followed.digest.snapshot()
    if snapshot.host.unreadable:
        raise click.ClickException(f"session {attached.session}: {snapshot.host.unreadable}")
    from ovtui.cli.run_ending import run_ending

    reached = "its figures reach until then" if snapshot.completed else ""
    ending = run_ending(followed.digest, measured=reached)
    return ended_line(attached.session, followed.digest, ending, followed.last_blocks())


def _poll(attached: AttachedSession, followed: FollowedSession) -> bool:
    """True once nothing more will come."""
    update = attached.poll()
    followed.feed(update)
    return update.finished and not len(update.records)


def _hear_who_ended(attached: AttachedSession, followed: FollowedSession, out: Lines) -> None:
    """A session whose load another view, or a signal to its host, has stopped ends soon, and then says why."""
    end_s = time.monotonic() + END_S
    while _may_tell_more(followed.digest) and time.monotonic() < end_s:
        if out.left_s <= 0:
            out.write(followed.now(attached.session))
        out.pause(POLL_S)
        _poll(attached, followed)


def _may_tell_more(digest: Digest) -> bool:
    ended, snapshot = digest.session_state.ended, digest.snapshot()
    return ended is not None and ended.reason == "stopped" and not (snapshot.host.ended or snapshot.host_gone)


def _ended_from_recording(record: str, out: Lines) -> Ended:
    from ovtui.cli.recorded_ending import recorded_ending
    from ovtui.cli.replay import open_recording
    from ovtui.metrics.digest import Digest
    from ovtui.metrics.following.blocks import block_rows

    recording, digest = open_recording(record), Digest()
    try:
        recording.stop()
        blocks = block_rows(_updates(recording.poll, out), digest)
        ending = recorded_ending(digest, recording.state)
    finally:
        recording.close()
    return ended_line("", digest, ending, blocks, record)


def _updates(poll: Callable[[], Update], out: Lines) -> Iterator[Update]:
    """Of a recording to its end; a long one takes seconds."""
    began_s = time.monotonic()
    while True:
        yield (update := poll())
        if update.finished:
            return
        if out.left_s <= 0:
            read = "the session is over, and its recording is read"
            out.write(Waiting(waited_s=round(time.monotonic() - began_s, 3), text=read))


def ended_line(session: str, digest: Digest, ending: Ending, blocks: list[Block], recording: str = "") -> Ended:
    from ovtui.metrics.following.now_line import recording_path
    from ovtui.metrics.result.build import build_result, to_json

    began = digest.session_state.session
    result: dict[str, Any] | None = None
    if digest.snapshot().submitted:
        result = msgspec.json.decode(to_json(build_result(digest)))
    return Ended(
        session=session or (began.session if began is not None else ""),
        code=ending.code,
        text=ending.text,
        recording=recording or recording_path(digest.session_state),
        blocks=blocks,
        result=result,
    )
