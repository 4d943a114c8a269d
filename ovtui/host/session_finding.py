"""Which running session is meant: by its ID or the beginning of it, by the path of its recording, or the only one."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ovtui.host import session_socket
from ovtui.host.session_query import ask_all


@dataclass(frozen=True, slots=True)
class Found:
    session: str = ""
    """Its name; empty where there is none."""
    why: str = ""
    """Why there is none, as a sentence."""
    ambiguous: bool = False
    """Several are meant: waiting will not help."""
    all_answered: bool = True
    """False where a host does not tell what it records, and may be the one."""


def find_by_id(begin: str) -> Found:
    """The session of that ID or, where that is one alone, whose ID begins so."""
    session_socket.remove_dead_sockets()
    try:
        return Found(session_socket.resolve_name(begin))
    except session_socket.NoSession as error:
        return Found(why=str(error))
    except session_socket.SessionSocketError as error:
        return Found(why=str(error), ambiguous=True)


def find_only() -> Found:
    """The only session; one that runs beside another is named where it is meant."""
    names = _names()
    if len(names) > 1:
        found = ask_all()
        names = [each.session for each in found if each.status is None or not each.status.driven]
    if not names:
        return Found(why="no session is running")
    if len(names) > 1:
        return Found(why=f"several sessions are running; name one of {', '.join(names)}", ambiguous=True)
    return Found(names[0])


def find_by_recording(path: str, answer_s: float) -> Found:
    """The session that records into this file, wherever links lead. Waits `answer_s` at most for hosts to answer."""
    wanted = os.path.realpath(path)
    answers = ask_all(answer_s)
    for answer in answers:
        if answer.status is not None and answer.status.record and os.path.realpath(answer.status.record) == wanted:
            return Found(answer.session)
    problems = [answer.problem for answer in answers if answer.status is None]
    why = problems[0] if problems else f"no session records into {path}"
    return Found(why=why, all_answered=not problems)


def _names() -> list[str]:
    session_socket.remove_dead_sockets()
    return session_socket.session_names()
