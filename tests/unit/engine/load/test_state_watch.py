"""The length of a state: told where it grew, and held against the model's variables at the end."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from ovtui.engine.load.preparation import MAX_RESET_US, Preparation
from ovtui.engine.state_watch import GROWN, StateWatch
from ovtui.records.events import Event, Note, StateGrew, Variable


class Inputs:
    """Of a decoder with two tokens a request."""

    cycled = False
    past: Any = SimpleNamespace(follows=False, tokens=[2])

    def item_of(self, number: int) -> int:  # noqa: ARG002
        return 0


def watch_of(shape: str = "[?,2,?,16]") -> tuple[Preparation, StateWatch, list[Event]]:
    sent: list[Event] = []
    preparation = Preparation(Inputs(), stateful=True, policy="keep")  # type: ignore[arg-type]
    return preparation, StateWatch(preparation, [Variable("v", shape, "f32")], 1, lambda: 7, sent.append), sent


def request_of(*lengths: int) -> Any:
    states = [SimpleNamespace(name="v", state=SimpleNamespace(shape=[1, 2, length, 16])) for length in lengths]
    return SimpleNamespace(query_state=lambda: states, reset_state=lambda: None)


def test_a_length_is_told_when_it_has_grown_by_a_fiftieth_and_at_the_end() -> None:
    preparation, watch, sent = watch_of()
    watch.report()
    assert not sent
    told = []
    for tokens in range(1, 400):
        preparation.longest = tokens
        watch._tell(GROWN)
        told.append(tokens)
    lengths = [event.tokens for event in sent if isinstance(event, StateGrew)]
    assert lengths[:3] == [1, 2, 3]
    assert all(after >= before * GROWN for before, after in pairwise(lengths))
    assert lengths[-1] >= 399 / GROWN
    watch.report()
    watch.report()
    assert [event.tokens for event in sent if isinstance(event, StateGrew)][-1] == 399
    assert len(sent) == len(lengths) + (lengths[-1] != 399)


def test_a_shorter_state_is_told_after_a_change_of_the_policy() -> None:
    preparation, watch, sent = watch_of()
    preparation.before(0, request_of())
    preparation.before(0, request_of())
    watch.report()
    preparation.set_policy("reset")
    preparation.before(0, request_of())
    watch.report()
    assert sent == [StateGrew(t_ns=7, engine=1, tokens=4), StateGrew(t_ns=7, engine=1, tokens=2)]


@pytest.mark.parametrize(
    ("shape", "lengths", "warns"),
    [
        ("[?,2,?,16]", (4,), False),
        ("[?,2,?,16]", (9, 4), False),  # one variable of several has it
        ("[?,2,?,16]", (5,), True),
        ("[0,2,0,16]", (5,), True),  # a blob
        ("[1,2,16,16]", (16,), False),  # does not grow
    ],
)
def test_the_variables_are_the_judge(shape: str, lengths: tuple[int, ...], warns: bool) -> None:
    preparation, watch, sent = watch_of(shape)
    request = request_of(*lengths)
    preparation.before(0, request)
    preparation.before(0, request)
    watch.verify([request, request_of(0)])
    assert [type(event) for event in sent] == [Note] * warns
    if warns:
        assert "length of 5 by OpenVINO, and requests gave it 4 tokens" in sent[0].text  # type: ignore[union-attr]


def test_after_a_failure_the_state_is_unknown_and_reset() -> None:
    preparation, _, _ = watch_of()
    request = request_of()
    assert preparation.before(0, request)[1] == 0.0
    preparation.failed(0)
    assert preparation.held(0) is None
    assert 0 < preparation.before(0, request)[1] <= MAX_RESET_US
    assert preparation.held(0) == 2
    assert preparation.before(0, request)[1] == 0.0
