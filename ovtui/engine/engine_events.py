"""What an engine tells of its load: the events and replies that are made from its driver, plan and counts."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.engine.load.driver import FOREVER, Driver, EndReason, LoadPlan
from ovtui.engine.load.sync_loop import SyncLoop
from ovtui.engine.request_recorder import RequestRecorder
from ovtui.records.engine_protocol import Drained
from ovtui.records.events import LoadEnded, SegmentBegan, TrialMark
from ovtui.settings.schema.settings import Settings


@dataclass(frozen=True, slots=True)
class SegmentMade:
    """What the host has told of a segment."""

    number: int
    changes: list[str]
    trial: TrialMark


def segment_began(
    made: SegmentMade,
    engine: int,
    t_ns: int,
    settings: Settings,
    nireq: int,
    driver: Driver,
    plan: LoadPlan,
    recorder: RequestRecorder,
) -> SegmentBegan:
    return SegmentBegan(
        t_ns=t_ns,
        segment=made.number,
        engine=engine,
        first_seq=recorder.next_seq,
        nireq=nireq,
        api="sync" if isinstance(driver, SyncLoop) else "async",
        settings=settings,
        changes=made.changes,
        trial=made.trial,
        load_began_ns=plan.began_ns,
        until_ns=None if plan.until_ns == FOREVER or plan.rounds is not None else plan.until_ns,
        shed=recorder.shed,  # to which the host adds those of other engines
    )


def load_ended(
    engine: int, t_ns: int, reason: EndReason, ended_ns: int | None, driver: Driver, submitted: int
) -> LoadEnded:
    """The load has ended by itself."""
    due_ns, step = driver.waiting_due_ns()
    return LoadEnded(
        t_ns=t_ns,
        engine=engine,
        reason=reason,
        submitted=submitted,
        unsent=driver.waiting,
        unsent_due_ns=due_ns,
        unsent_step=step,
        ended_ns=ended_ns,
    )


def drained(engine: int, driver: Driver, halted_ns: int) -> Drained:
    """The engine was told to halt, and nothing is in flight any more."""
    due_ns, step = driver.waiting_due_ns()
    return Drained(
        engine=engine, unsent=driver.waiting, unsent_due_ns=due_ns, unsent_step=step, ended_ns=halted_ns
    )  # fmt: skip
