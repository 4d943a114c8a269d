"""How a run ended, its limits and requests judged too: the exit code of `ovtui run`, and of what `ovtui follow` tells
of a session that `ovtui run --detach` began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ovtui.cli.exits import Exit
from ovtui.cli.session_exit import Ending, Sentence, session_ending

if TYPE_CHECKING:
    from ovtui.metrics.digest import Digest

NOT_HELD = "; not known is not held"


def run_ending(digest: Digest, *, interrupted: bool = False, stops: bool = True, measured: str = "") -> Ending:
    """The arguments are those of `session_ending`."""
    from ovtui.cli.beside_option import study_failure

    missed = [verdict for verdict in digest.slo() if verdict.verdict != "held"]
    limits = [
        Sentence(f"slo: {verdict.sentence}" + (NOT_HELD if verdict.verdict == "unknown" else "")) for verdict in missed
    ]
    ending = session_ending(digest, interrupted=interrupted, stops=stops, measured=measured)
    told = (*limits, *ending.sentences)
    if ending.code:
        return Ending(ending.code, told)
    snapshot = digest.snapshot()
    if digest.session_state.phase == "starting":  # no engine process could be started, which a note has told
        return Ending(Exit.FAILED, told)
    if snapshot.errors and snapshot.errors >= snapshot.completed:
        return Ending(Exit.FAILED, (*told, Sentence(f"all {snapshot.errors} requests failed")))
    if failure := study_failure(digest):
        return Ending(Exit.FAILED, (*told, Sentence(failure)))
    # A limit that is not known to hold does not pass: too few requests must not open a gate.
    return Ending(Exit.LIMIT_MISSED if missed else Exit.FINE, told)
