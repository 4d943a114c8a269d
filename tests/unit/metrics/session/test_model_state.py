"""What is said of a stateful model's state: the same in the JSON, the summary, the report and on screen."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from samples import MS, SECOND, began, compiled, model_read, records, segment, spawned, update
from stage import Stage, on_stage

from ovtui.dashboard.batches.batch_totals import batch_forms
from ovtui.dashboard.views.header import Header
from ovtui.metrics.advice.advice_facts import advice_facts
from ovtui.metrics.advice.registry import advise
from ovtui.metrics.digest import Digest
from ovtui.metrics.judgement.state_growth import MIN_S, assess_state_growth
from ovtui.metrics.latency.per_second import PerSecondSeries
from ovtui.metrics.report.report import build_report
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.metrics.session.state_history import TOKENS_KEPT, StateHistory
from ovtui.records.events import BatchingPlan, Event, LoadEnded, StateGrew, Variable
from ovtui.records.record import lag_ms
from ovtui.settings.changes import convert

VARIABLES = [Variable("past.key", "[?,2,?,16]", "f32"), Variable("past.value", "[?,2,?,16]", "f32")]


def digest_of(
    seconds: int, *, state: str = "keep", ms_per_token: float = 0.0, tokens: int | None = 1, variables: Any = VARIABLES
) -> Digest:
    """100 requests a second of 1 ms and more, each of `tokens`, whose state is told twice a second."""
    settings = convert({"device": "CPU", "state": state})
    count = 100 * seconds
    done_ms = 1000 + np.arange(1, count + 1) * 10.0
    seen = np.arange(1, count + 1) if state == "keep" else np.arange(count) % int(state.replace("reset", "1")) + 1
    rows = records(done_ms, 1.0 + ms_per_token * seen, segment=1)
    if state == "reset":
        rows["reset_us"] = 2.5
        rows["due_ns"] = rows["submit_ns"] - 2500
    plan = BatchingPlan(size=1, why_not="the model holds state")
    events: list[Event] = [
        began(settings), spawned(settings=settings), msgspec.structs.replace(model_read(), variables=variables),
        msgspec.structs.replace(
            compiled(device="CPU", execution=["CPU"], batching=plan), request_tokens=tokens, t_ns=SECOND // 2
        ),
        segment(t_s=1.0, settings=settings),
    ]  # fmt: skip
    longest = np.maximum.accumulate(seen) * (tokens or 1)
    grown = [
        StateGrew(t_ns=int(done_ms[at] * MS), engine=1, tokens=int(longest[at]))
        for at in [0, *range(49, count, 50)]
        if tokens and variables
    ]
    grown = [event for at, event in enumerate(grown) if not at or event.tokens > grown[at - 1].tokens]
    end_ns = int(done_ms[-1] * MS)
    events += [*grown, LoadEnded(t_ns=end_ns, engine=1, reason="requests", submitted=count)]
    digest = Digest()
    for second in range(seconds + 3):
        low, high = second * SECOND, (second + 1) * SECOND
        part = rows[(rows["done_ns"] >= low) & (rows["done_ns"] < high)]
        due = [event for event in events if low <= event.t_ns < high]
        digest.feed(update(part, *due, now_s=second + 1.0, submitted=count))
    return digest


def said(digest: Digest) -> str:
    return " ".join("\n".join(summary_lines(build_result(digest))).split())


def test_a_kept_state_grows_and_latency_with_it() -> None:
    digest = digest_of(12, ms_per_token=0.004)
    result = build_result(digest)
    assert result.state is not None
    assert (result.state.tokens, result.state.request_tokens, result.state.sequences) == (1200, 1, 1)
    assert result.state.ms_per_1000_tokens == pytest.approx(4.0, rel=0.05)
    assert result.state.tokens_per_s == result.segments[0].throughput
    assert result.steadiness.word == "state-growth"
    (finding,) = result.steadiness.findings
    assert finding.text.startswith("latency grows with the state: ")
    assert finding.text.endswith(" ms at 1,200 tokens")
    (advice,) = [advice for advice in result.advice if advice.id == "state-grows"]
    assert (advice.severity, advice.remedy) == ("warning", {"state": "128"})
    assert "not-steady" not in {advice.id for advice in result.advice}
    line = "stateful: 2 variables, 1,200 tokens, kept; 100.0 tokens/s".replace(
        "100.0", f"{result.state.tokens_per_s:.1f}"
    )
    assert line in said(digest)
    assert dict(build_report(result, {}).facts.rows)["state"] == line


def test_a_kept_state_is_never_called_steady() -> None:
    """25 s without a rise, enough for the word: no two requests did the same work."""
    result = build_result(digest_of(25))
    assert result.steadiness.word == "state-growth"
    assert "the state grows with each request, 2,500 tokens so far" in result.steadiness.findings[0].text
    assert result.state is not None
    assert result.state.ms_per_1000_tokens is None


def test_a_state_that_is_reset_is_steady() -> None:
    for state, tokens in (("reset", 1), ("50", 50)):
        digest = digest_of(25, state=state, ms_per_token=0.001)
        result = build_result(digest)
        assert result.state is not None
        assert (result.state.tokens, result.steadiness.word) == (tokens, "steady"), state
        assert not [advice for advice in advise(advice_facts(digest)) if advice.id == "state-grows"]
    # Single tokens, each from an empty state, are no generation.
    assert build_result(digest_of(3, state="reset")).state.tokens_per_s is None  # type: ignore[union-attr]
    assert "50 tokens, reset every 50 requests; 1" in said(digest)


def test_the_reset_is_told_apart_from_latency_and_from_lateness() -> None:
    digest = digest_of(10, state="reset")
    load = build_result(digest).load
    assert load is not None
    assert load.state_reset_ms is not None
    assert (load.state_reset_ms.count, load.state_reset_ms.p50) == (1000, pytest.approx(0.0025, rel=0.01))
    assert load.input_copy_ms is None
    assert "resetting the state before a request: p50 0.00" in said(digest)
    rows = digest.history.tail(10)
    assert lag_ms(rows) == pytest.approx(np.zeros(10), abs=1e-6)
    assert build_result(digest_of(3)).load.state_reset_ms is None  # type: ignore[union-attr]


def test_prompts_have_input_tokens_a_second() -> None:
    result = build_result(digest_of(5, state="reset", tokens=8))
    assert result.state is not None
    assert result.state.tokens_per_s == pytest.approx(8 * (result.segments[0].throughput or 0))
    assert "input tokens/s" in said(digest_of(5, state="reset", tokens=8))


def test_what_is_not_known_is_not_said() -> None:
    result = build_result(digest_of(3, tokens=None))
    assert result.state is not None
    assert (result.state.tokens, result.state.tokens_per_s) == (None, None)
    assert "stateful: 2 variables, kept" in said(digest_of(3, tokens=None))
    plain = digest_of(3, variables=[])
    assert build_result(plain).state is None
    assert "stateful" not in said(plain)
    assert "alone" in "".join(text for text, _ in batch_forms(plain.snapshot())[0])


def test_the_screen_says_it_in_every_width() -> None:
    digest = digest_of(12)
    snapshot = digest.snapshot()
    forms = ["".join(text for text, _ in form) for form in batch_forms(snapshot)]
    assert forms[0].startswith(" stateful 2 variables, 1,200 tokens, kept  ")
    assert all("tokens" in form or "stateful" in form for form in forms)
    assert any(len(form) <= 30 and "tokens/s" in form for form in forms)

    async def act(stage: Stage) -> None:
        header = stage.app.overview.query_one(Header)
        header.show(snapshot)
        for width, text in (
            (160, "stateful: 2 variables, 1,200 tokens"),
            (120, "2 variables, 1,200"),
            (80, "· stateful"),
        ):
            assert text in header.draw(width).plain, width

    on_stage(act)


def test_few_seconds_or_noise_name_no_slope() -> None:
    def growth(p50_ms: list[float]) -> float | None:
        n = len(p50_ms)
        series = PerSecondSeries(np.arange(n, dtype=float), np.array(p50_ms), np.full(n, 100.0))
        return assess_state_growth(series, np.arange(1, n + 1) * 100.0, n * 100, None).ms_per_1000_tokens

    assert growth([1.0 + 0.1 * n for n in range(MIN_S)]) == pytest.approx(1.0)
    assert growth([1.0 + 0.1 * n for n in range(MIN_S - 1)]) is None
    rng = np.random.default_rng(1)
    spoken = sum(growth((1 + rng.normal(0, 0.05, 20)).tolist()) is not None for _ in range(200))
    assert spoken <= 4


def test_the_history_of_a_long_state_is_bounded() -> None:
    history = StateHistory()
    for n in range(10 * TOKENS_KEPT):
        history.add(StateGrew(t_ns=n * SECOND, engine=1, tokens=3 * n))
    assert len(history._lengths[1]) <= TOKENS_KEPT
    found = history.tokens_at(1, np.array([0.0, 5000.5, 10 * TOKENS_KEPT - 1.0]))
    assert found == pytest.approx([0, 15001.5, 3 * (10 * TOKENS_KEPT - 1)], abs=1)
    assert history.tokens_at(2, np.zeros(3)).tolist() == [0, 0, 0]
