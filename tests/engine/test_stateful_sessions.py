"""Stateful models through the real host and engine: what a session says of their state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driven import assert_none_lost, driven
from harness.stateful_models import accumulator, decoder, saved

from ovtui.metrics.result.build import build_result
from ovtui.records.events import Compiled, ModelRead, Note, SegmentBegan, StateGrew
from ovtui.records.record import reset_ms


def warnings(run: Any) -> list[str]:
    return [note.text for note in run.of(Note) if note.severity != "info"]


@pytest.mark.parametrize(
    ("values", "tokens"),
    [
        ({"nireq": 1, "state": "keep"}, 120),
        ({"nireq": 4, "state": "16"}, 16),
        ({"nireq": 4, "rate": 2000.0, "device": "BATCH:CPU(4)"}, 1),
        ({"nireq": 1, "state": "keep", "device": "AUTO", "data_shape": "input_ids[2,3]"}, 360),
    ],
)
def test_a_decoder_runs_and_its_state_is_told(tmp_path: Path, values: dict[str, Any], tokens: int) -> None:
    path = saved(decoder(), tmp_path)
    with driven(model=path, **{"device": "CPU", "requests": 120, "seed": 7, **values}) as run:
        run.wait_finished()
        records = run.records()
        assert_none_lost(records, 120)
        assert [variable.id for variable in run.of(ModelRead)[0].variables] == ["past.key", "past.value"]
        assert run.of(StateGrew)[-1].tokens == tokens
        # Among the warnings would be the errors of requests, and a state that is not as long as was counted.
        assert warnings(run) == []
        result = build_result(run.digest)
        assert result.requests.errors == 0
        assert result.state is not None
        assert (result.state.tokens, result.batching.batched) == (tokens, 0)
        assert run.of(Compiled)[0].batching.size == 1
        every = {"keep": 120, "16": 16}.get(values.get("state", ""), 1)
        for k in range(values["nireq"]):
            mine = records[records["request"] == k]
            at = np.arange(len(mine))
            assert ((mine["reset_us"] > 0) == ((at % every == 0) & ((at > 0) | (every == 1)))).all()
            # Neither in the inference nor in the service, and no lateness of the load thread either.
            assert (mine["submit_ns"] - mine["due_ns"] >= reset_ms(mine) * 999_000).all()


def test_the_policy_changes_while_it_runs(tmp_path: Path) -> None:
    with driven(model=saved(decoder(), tmp_path), device="CPU", nireq=1, rate=400.0, state="keep") as run:
        run.wait_completed(50)
        run.apply(state="reset")
        began = run.wait_event(SegmentBegan, 2)
        assert began.engine == 1  # no recompile
        # What the state that is reset has grown to may have been told by now, too.
        kept = [event for event in run.events[: run.events.index(began)] if isinstance(event, StateGrew)]
        assert kept[-1].tokens == began.first_seq
        run.wait_for(lambda: run.of(StateGrew)[-1].tokens == 1, "the length of a state that is reset")
        run.session.stop()
        run.wait_finished()
        records = run.records()
        assert ((records["reset_us"] > 0) == (records["segment"] == 2)).all()
        assert warnings(run) == []
        assert build_result(run.digest).segments[1].changes == ["state keep→reset"]


def test_a_state_without_tokens_is_named_and_reset(tmp_path: Path) -> None:
    with driven(model=saved(accumulator(), tmp_path), device="CPU", nireq=4, requests=400) as run:
        run.wait_finished()
        records = run.records()
        assert_none_lost(records, 400)
        assert (records["reset_us"] > 0).all()
        assert run.of(StateGrew) == []
        state = build_result(run.digest).state
        assert state is not None
        assert (state.variables[0].id, state.tokens) == ("sum", None)
        assert warnings(run) == []
