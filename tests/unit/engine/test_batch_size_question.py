"""When B is asked of the GPU behind AUTO, and that the engine's own process never asks OPTIMAL_BATCH_SIZE."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op

from ovtui.engine import batch_questions
from ovtui.engine.batch_questions import questions_for
from ovtui.engine.batch_size_question import may_wait
from ovtui.engine.model import optimal_batch_child
from ovtui.engine.model.compile import Compilation
from ovtui.engine.model.optimal_batch_child import NotAnswered, ask_in_child
from ovtui.records.device_codes import STAND_IN, code_of
from ovtui.records.events import BatchingLearnt, Note
from ovtui.records.record import Records, empty_records
from ovtui.settings.changes import convert

GPU = code_of(["GPU.0"])
SETTINGS = convert({"model": "demo-cnn", "device": "AUTO:GPU,CPU", "hint": "throughput"})


def served(latencies_ms: Sequence[float], *, size: int = 1, device: int = GPU) -> Records:
    records = empty_records(len(latencies_ms))
    records["infer_us"] = np.array(latencies_ms) * 1e3
    records["batch_size"], records["device"] = size, device
    return records


WAITED = served([510, 40, 960, 220, 700, 380])
QUICK = served([2.0] * 15)
"""Too few to tell that nothing waits."""


@pytest.mark.parametrize(
    ("latencies_ms", "waits"),
    [
        ([510, 40, 960, 220, 700, 380], True),
        ([1001.0] * 8, True),  # one in flight: each waits for the whole timeout
        ([2.0] * 200, False),
        ([2.0] * 200 + [300] * 5, False),  # stalls
        ([510, 700, 380], False),  # too few yet
    ],
)
def test_lone_runs_that_take_a_part_of_the_timeout_may_have_waited(latencies_ms: list[float], waits: bool) -> None:
    assert may_wait(served(latencies_ms), 1000) is waits


class Core:
    def get_property(self, _device: str, name: str, *rest: object) -> Any:
        assert not rest, f"{name} was asked of a model in the engine's process"
        raise RuntimeError("not told")


class Compiled:
    inputs: tuple[()] = ()

    def get_runtime_model(self) -> Any:
        raise RuntimeError("not shown")

    def get_property(self, name: str) -> Any:
        return {"DEVICE_PROPERTIES": {"GPU.0": {"AUTO_BATCH_TIMEOUT": 1000}}, "OPTIMAL_NUMBER_OF_INFER_REQUESTS": 16}[
            name
        ]


class Asked:
    """A compiled model's questions, with the other process replaced."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, evidence: Any, optimal: int | NotAnswered = 16) -> None:
        self.children: list[str] = []
        self.published: list[BatchingLearnt | Note] = []
        self.learnt: list[int] = []
        self.looks = 0
        self.looked = threading.Event()
        self.done = threading.Event()
        self.records: Records = empty_records()

        def ask(settings: object, device: str, *, probe: bool) -> int:
            assert settings is SETTINGS
            assert probe is (evidence == "probe")
            self.children.append(device)
            if isinstance(optimal, NotAnswered):
                raise optimal
            return optimal

        def plain_requests(*_: object) -> None:
            return None

        monkeypatch.setattr(batch_questions, "ask_in_child", ask)
        monkeypatch.setattr(batch_questions, "LOOK_S", 0.001)
        monkeypatch.setattr(batch_questions.BatchQuestions, "_plain_requests", plain_requests)
        monkeypatch.setattr(batch_questions.BatchQuestions, "_probe_cost_us", lambda *_: (1.0, 2.0, 3.0))
        x = op.parameter([1, 8], name="x")
        model = ov.Model([op.result(op.relu(x))], [x], "rows")
        compiled: Any = Compiled()
        made = Compilation(compiled, SETTINGS.device, 0, 1.0, True, 0, evidence, None, "", None, model)
        core: Any = Core()
        self.questions = questions_for(
            core, made, lambda: SETTINGS, 1, lambda: 0, self._publish, self._newest, self.learnt.append
        )
        self.questions.first_done()

    def _publish(self, event: BatchingLearnt | Note) -> None:
        self.published.append(event)
        if isinstance(event, BatchingLearnt) and event.size is not None:
            self.done.set()

    def _newest(self, limit: int) -> Records:
        self.looks += 1
        if self.looks > 3:
            self.looked.set()
        return self.records[-limit:]

    def sizes(self) -> list[int | None]:
        assert self.done.wait(30)
        return [event.size for event in self.published if isinstance(event, BatchingLearnt)]


def test_quick_lone_runs_ask_nothing_until_some_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, "probe")
    asked.records = QUICK
    asked.questions.device_serves(["GPU.0"])
    assert asked.looked.wait(30)
    assert not asked.children
    assert [event.size for event in asked.published if isinstance(event, BatchingLearnt)] == [None], "the probe's cost"
    asked.records = WAITED
    assert asked.sizes() == [None, 16]
    assert (asked.children, asked.learnt) == (["GPU.0"], [16])


def test_where_nothing_waits_the_device_batches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, "probe")
    asked.records = served([2.0] * 200)
    asked.records["request"] = np.arange(200)
    asked.records["done_ns"] = 90_000_000
    asked.questions.device_serves(["GPU.0"])
    assert asked.looked.wait(30)
    assert not asked.done.is_set(), "all of them may have waited for the same end of a period"
    asked.records["request"] = 3
    assert asked.sizes()[-1] == 1
    assert (asked.children, asked.learnt) == ([], [1])


def test_a_batch_that_was_seen_tells_b(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, "probe")
    asked.records = np.concatenate([WAITED, served([9.0] * 8, size=8)]).astype(WAITED.dtype)
    asked.questions.device_serves(["GPU.0"])
    assert asked.sizes()[0] == 8
    assert (asked.children, asked.learnt) == ([], [8])


def test_the_stand_ins_slow_runs_ask_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, "probe")
    asked.records = served([510] * 40, device=STAND_IN)
    asked.questions.device_serves(["GPU.0"])
    assert asked.looked.wait(30)
    assert not asked.children


def test_sizes_that_are_deduced_need_b_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, "deduced")
    asked.questions.device_serves(["GPU.0"])
    assert asked.sizes() == [16]
    assert (asked.children, asked.looks) == (["GPU.0"], 0)


def test_no_answer_is_one_sentence_and_no_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, "deduced", NotAnswered("no answer within 60 s"))
    asked.questions.device_serves(["GPU.0"])
    assert asked.sizes() == [0]
    notes = [event.text for event in asked.published if isinstance(event, Note)]
    assert notes == ["how many requests make a full batch on GPU.0 is not known: no answer within 60 s"]


@pytest.fixture
def rows(tmp_path: Path) -> str:
    x = op.parameter([1, 8], name="x")
    ov.save_model(ov.Model([op.result(op.relu(x))], [x], "rows"), tmp_path / "rows.xml")
    return str(tmp_path / "rows.xml")


def test_the_child_reads_the_model_and_asks(rows: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CPU has no OPTIMAL_BATCH_SIZE; the simulated GPU's answer is in test_timer_under_auto."""
    assert ask_in_child(convert({"model": rows}), "CPU", probe=True) is None
    with pytest.raises(NotAnswered, match="no such model file"):
        ask_in_child(convert({"model": rows + ".not"}), "CPU", probe=False)
    monkeypatch.setattr(optimal_batch_child, "LIMIT_S", 0.0)
    with pytest.raises(NotAnswered, match="no answer within 0 s"):
        ask_in_child(convert({"model": rows}), "CPU", probe=False)


def test_the_child_of_a_dead_parent_ends(rows: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimal_batch_child.os, "getpid", lambda: 1 << 30)
    with pytest.raises(NotAnswered, match="ended with code 1"):
        ask_in_child(convert({"model": rows}), "CPU", probe=False)
