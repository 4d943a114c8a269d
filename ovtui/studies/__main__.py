"""`python -m ovtui.studies WIRE_FD STUDY`: runs the study of this number of the session whose host started this
process."""

from __future__ import annotations

import importlib
import os
import socket
import sys
import traceback
from typing import Protocol

from ovtui.host.client import InheritedSession, wait_for_message
from ovtui.metrics.digest import Digest
from ovtui.records import stack_dump
from ovtui.records.events import StudyBegan, StudyEnded
from ovtui.records.parent_death import die_with_parent
from ovtui.records.study_events import BesideSpec, FindRateSpec, LayersSpec, RankSpec, StudyEnding, StudySpec, SweepSpec
from ovtui.studies.conductor import LOOK_S, NICE, Conductor, Found, SessionGone

MODULES: dict[type[StudySpec], str] = {
    FindRateSpec: "find_rate",
    SweepSpec: "sweep",
    BesideSpec: "beside",
    LayersSpec: "layers",
    RankSpec: "rank",
}


class StudyModule(Protocol):
    def run(self, conductor: Conductor) -> Found:
        """Runs the study to its end. It catches StudyStopped itself, and returns what it has. Raises SessionGone."""


def main() -> None:
    die_with_parent()
    stack_dump.register()
    session, digest = InheritedSession(socket.socket(fileno=int(sys.argv[1])), commands=True), Digest()
    began = wait_for_study(session, digest, int(sys.argv[2]))
    if began is None:
        return
    if not isinstance(began.spec, BesideSpec | LayersSpec):  # which start what is measured, and it has not so much time
        os.nice(NICE)
    session.tell(_run(Conductor(session, digest, began)))


def wait_for_study(session: InheritedSession, digest: Digest, number: int) -> StudyBegan | None:
    """Feeds `digest` with what the session did so far, until the study of this number has begun; None where the session
    ends first. What was before comes in parts: at the end of one an earlier study may run still."""
    while True:
        update = session.poll()
        digest.feed(update)
        if update.host_gone or update.host.ended:
            return None
        began = next((each.began for each in digest.session_state.studies if each.began.study == number), None)
        if began is not None and update.read_share is None:
            return began
        wait_for_message(session, LOOK_S)


def _run(conductor: Conductor) -> StudyEnded:
    """Runs the study to its end; one that crashes tells so. Exits where the session has ended."""
    study = conductor.began.study
    module: StudyModule = importlib.import_module(f"ovtui.studies.{MODULES[type(conductor.began.spec)]}")
    try:
        found = module.run(conductor)
    except SessionGone:
        sys.exit()
    except Exception as error:
        traceback.print_exc()  # into the host's log
        text = f"it has an error of its own: {type(error).__name__}: {error}".splitlines()[0]
        return StudyEnded(t_ns=conductor.now_ns, study=study, reason="failed", text=text)
    reason: StudyEnding = conductor.stopped or ("failed" if found.failed else "done")
    return StudyEnded(t_ns=conductor.now_ns, study=study, reason=reason, text=found.text, answer=found.answer)


if __name__ == "__main__":
    main()
