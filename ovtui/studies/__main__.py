"""`python -m ovtui.studies WIRE_FD`: runs the newest study of the session whose host started this process."""

from __future__ import annotations

import importlib
import socket
import sys
from typing import Protocol

from ovtui.host.client import InheritedSession, wait_for_message
from ovtui.metrics.digest import Digest
from ovtui.records.events import StudyBegan, StudyEnded
from ovtui.records.study_events import BesideSpec, FindRateSpec, StudyEnding, StudySpec, SweepSpec
from ovtui.studies.conductor import LOOK_S, Conductor, Found, SessionGone

MODULES: dict[type[StudySpec], str] = {FindRateSpec: "find_rate", SweepSpec: "sweep", BesideSpec: "beside"}


class StudyModule(Protocol):
    def run(self, conductor: Conductor) -> Found:
        """Runs the study to its end. It catches StudyStopped itself, and returns what it has. Raises SessionGone."""


def main() -> None:
    session = InheritedSession(socket.socket(fileno=int(sys.argv[1])), commands=True)
    digest = Digest()
    began: StudyBegan | None = None
    while began is None:
        update = session.poll()
        digest.feed(update)
        if update.host_gone or update.host.ended:
            return
        study = digest.session_state.study
        if study is not None and update.read_share is None:
            began = study.began
        else:
            wait_for_message(session, LOOK_S)
    conductor = Conductor(session, digest, began)
    module: StudyModule = importlib.import_module(f"ovtui.studies.{MODULES[type(began.spec)]}")
    try:
        found = module.run(conductor)
    except SessionGone:
        return
    reason: StudyEnding = conductor.stopped or ("failed" if found.failed else "done")
    session.tell(
        StudyEnded(t_ns=conductor.now_ns, study=began.study, reason=reason, text=found.text, answer=found.answer)
    )


if __name__ == "__main__":
    main()
