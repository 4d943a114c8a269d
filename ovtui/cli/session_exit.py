"""How a session's view ends, a dashboard or a headless run: what is told of host and engines, and the exit code. One
rule for both, which docs/exit-codes.md has as a table: what decides is how it stands at the end."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ovtui.cli.exits import Exit, code_of_failure, notify

if TYPE_CHECKING:
    from ovtui.host.client import AttachedSession, LiveSession
    from ovtui.metrics.digest import Digest
    from ovtui.metrics.session.session_state import SessionState
    from ovtui.records.events import EngineExited


class Sentence(NamedTuple):
    text: str
    detail: str = ""
    """OpenVINO's whole text."""
    is_reason: bool = False
    """It is OpenVINO's reason or ovtui's for a model, device or setting: one that `in_words` may put into words of
    another command line."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a session ended, and what a person is to be told of it."""

    code: Exit
    sentences: tuple[Sentence, ...] = ()

    @property
    def text(self) -> str:
        return "; ".join(sentence.text for sentence in self.sentences)

    def tell(self, *, verbose: bool = False, in_words: Callable[[str], str] = str) -> Exit:
        """On stderr; returns the code. `verbose`: with OpenVINO's whole text."""
        for sentence in self.sentences:
            text = in_words(sentence.text) if sentence.is_reason else sentence.text
            notify(text, sentence.detail if verbose else "")
        return self.code


def session_exit(
    digest: Digest,
    *,
    interrupted: bool = False,
    stops: bool = True,
    verbose: bool = False,
    measured: str = "",
    in_words: Callable[[str], str] = str,
) -> Exit:
    """Tells what became of host and engines, on stderr; returns the exit code. `in_words`: as Progress has it; the rest
    as `session_ending` has it."""
    ending = session_ending(digest, interrupted=interrupted, stops=stops, measured=measured)
    return ending.tell(verbose=verbose, in_words=in_words)


def session_ending(digest: Digest, *, interrupted: bool = False, stops: bool = True, measured: str = "") -> Ending:
    """What became of host and engines. `interrupted`: by a signal or ctrl+c to this view. `stops`: a load that was
    stopped was stopped by another view. `measured`: what there is where the host died, of a command that prints more
    than figures of requests. The caller judges requests and limits, where this is FINE."""
    snapshot, state = digest.snapshot(), digest.session_state
    told: list[Sentence] = []
    if snapshot.host.ended:
        told.append(Sentence(snapshot.host.ended))
    elif stops and not interrupted and state.ended is not None and state.ended.reason == "stopped":
        told.append(Sentence("the load was ended by another view"))
    if interrupted:
        return Ending(Exit.INTERRUPTED, tuple(told))
    if state.phase == "failed":
        failure = Sentence(state.failure, state.failure_detail, is_reason=True)
        return Ending(code_of_failure(state), (*told, failure))
    died = deaths(state)
    if died and state.phase in ("died", "starting"):
        started = "; the one started in its place did not serve yet" if state.phase == "starting" else ""
        death = f"{death_text(died[-1])}{state.engines[died[-1].engine].early_crash}{started}"
        return Ending(Exit.FAILED, (*told, Sentence(death)))
    if snapshot.host_gone and snapshot.host.silent:
        return Ending(Exit.FAILED, tuple(told))  # killed by this view, which `code_at_leaving` tells
    if snapshot.host_gone:
        until_then = "what was measured until then is above" if snapshot.completed else "nothing was measured"
        why = f"{snapshot.host.unreadable or 'the host process died'}; {measured or until_then}"
        return Ending(Exit.FAILED, (*told, Sentence(why)))
    told += [Sentence(f"{death_text(exited)}; engine {state.serving} serves at the end") for exited in died]
    return Ending(Exit.INTERRUPTED if snapshot.host.signalled else Exit.FINE, tuple(told))


def code_at_leaving(session: LiveSession | AttachedSession, code: int) -> int:
    """After the session's `close`: tells where the host did not answer. `code` is that of what was measured."""
    if session.left_silent:
        notify(session.left_silent)
    return Exit.FAILED if session.left_silent and not code else code


def deaths(state: SessionState) -> list[EngineExited]:
    """The engines that ended without being told to, and without having said why, in the order of their numbers."""
    from ovtui.records.events import EngineFailed

    failed = {event.engine for event in state.log if isinstance(event, EngineFailed)}
    exits = [engine.exited for engine in state.engines.values() if engine.exited is not None]
    return [exited for exited in exits if not exited.expected and exited.engine not in failed]


def death_text(exited: EngineExited) -> str:
    from ovtui.records.last_words import how_it_ended, words_text

    how = how_it_ended(exited.signal, exited.code, exited.killed_by)
    return f"engine {exited.engine} died with {how}{words_text(exited.last_words)}"


def tell_recording(digest: Digest) -> None:
    """On stderr, where the session that has just ended is recorded and how it is seen again."""
    state = digest.session_state
    if state.recording is None or not digest.snapshot().completed:
        return
    from ovtui.host.state_paths import UNNAMED_RECORDING

    path, stopped = Path(state.recording.path), state.recording_ended is not None
    name = path.stem if UNNAMED_RECORDING.fullmatch(path.name) else str(path)
    notify(f"recorded{', not to its end' if stopped else ''}: ovtui replay {shlex.quote(name)} shows it again")
