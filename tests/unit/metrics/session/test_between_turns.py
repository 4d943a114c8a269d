"""Between two turns of a study there is no load: no queue is told, and what was dropped at the halt is none of the next
turn's."""

from __future__ import annotations

import numpy as np
from samples import SECOND, began, compiled, spawned, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.handover.device_state import device_indicator
from ovtui.metrics.session.loss_counters import LossCounters
from ovtui.records.events import SegmentBegan, StudyBegan, StudyEnded, TurnEnded
from ovtui.records.source import LossCounts
from ovtui.records.study_events import FindRateSpec
from ovtui.settings.schema.settings import Settings

LOAD = Settings(rate=100.0, device="CPU")


def begun(segment: int, t_s: float) -> SegmentBegan:
    return SegmentBegan(
        t_ns=int(t_s * SECOND), segment=segment, engine=1, first_seq=0, nireq=2, settings=LOAD, changes=["rate"],
        load_began_ns=SECOND, shed=0,
    )  # fmt: skip


def test_the_rest_is_known_until_the_next_turn_begins() -> None:
    digest = Digest()
    digest.feed(
        update(None, began(LOAD), spawned(settings=LOAD), compiled(device="CPU", execution=["CPU"]), begun(1, 1.0))
    )
    state = digest.session_state
    assert state.resting is None
    study = StudyBegan(t_ns=SECOND, study=1, spec=FindRateSpec(slo="p99<20ms"), settings=LOAD)
    ended = TurnEnded(t_ns=3 * SECOND, turn=1, halted_ns=2 * SECOND)
    digest.feed(update(None, study, ended, now_s=3.5))
    assert state.resting == ended
    assert digest.queue() is None
    assert device_indicator(state, 4 * SECOND).sentence == "no load: between two turns"
    # The settings from before it may have to compile first.
    digest.feed(update(None, StudyEnded(t_ns=4 * SECOND, study=1, reason="stopped", text="nothing"), now_s=4.5))
    assert device_indicator(state, 5 * SECOND).sentence == "no load: the study is over"
    digest.feed(update(None, begun(2, 5.0), now_s=5.5))
    assert state.resting is None


def test_what_the_turn_before_shed_is_no_rate_of_this_one() -> None:
    counters = LossCounters()
    for t_s in np.arange(1.0, 5.0, 0.25):  # 400 a second are shed until 3 s, and a backlog of 50 at the halt
        shed = int(min(t_s - 1, 2) * 400) + 50 * (t_s > 3)
        counters.add([LossCounts(int(t_s * SECOND), 0, shed)])
    counters.begin_segment(3 * SECOND, 850)
    assert counters.per_s(4 * SECOND) == 0.0
    counters.begin_segment(SECOND, 0)
    assert counters.per_s(3 * SECOND) == 400.0
