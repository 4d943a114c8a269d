from __future__ import annotations

import re

import msgspec
import numpy as np
import pytest
from samples import began, compiled, device_changed, model_read, records, segment, spawned, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.summary_text import SEGMENT_LINES, WIDTH, summary_lines
from ovtui.records.device_codes import AMBIGUOUS, STAND_IN
from ovtui.records.events import BatchingPlan, EngineExited, Port
from ovtui.records.record import Flag
from ovtui.settings.schema.settings import Settings

GPU0 = 0x20


def summary(*updates) -> str:
    digest = Digest()
    for one in updates:
        digest.feed(one)
    lines = summary_lines(build_result(digest))
    assert max(len(line) for line in lines) <= WIDTH
    return "\n".join(lines)


def line_of(text: str, start: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(start))


def a_run() -> list:
    stand_in = records(np.arange(400, 1400, 100), 100.0, segment=1, device=STAND_IN)
    gpu = records(np.arange(4000, 5000, 1.0), 8.0, segment=1, device=GPU0, batch_size=16)
    gpu["flags"][:2] = Flag.ERROR
    return [
        update(stand_in, *started(), now_s=3),
        update(gpu, device_changed(["(CPU)"], ["GPU.0"], 3.71, 3.61), now_s=5, submitted=61_026, lost=7, finished=True),
    ]


def test_a_session_that_never_began_has_a_summary_of_dashes() -> None:
    text = summary()
    assert line_of(text, "throughput") == "throughput   – /s"
    assert line_of(text, "response").split() == ["response", "–", "–", "–", "–", "–", "–"]


def test_a_sentence_that_begins_with_a_bracket_stands_in_none() -> None:
    late = update(now_s=30, submitted=1_017, finished=True)
    assert "AUTO:GPU,CPU: GPU.0, (CPU) stood in 3.61 s" in line_of(summary(*a_run()[:1], a_run()[1], late), "device")


def test_a_line_ends_between_counts_and_not_within_one() -> None:
    digest = Digest()
    for one in a_run():
        digest.feed(one)
    result = build_result(digest)
    for more in range(12):  # wherever the end of the line falls
        requests = msgspec.structs.replace(result.requests, errors=0, late=10**more, out_of_order=1_142)
        lines = summary_lines(msgspec.structs.replace(result, requests=requests))
        at = next(n for n, line in enumerate(lines) if line.startswith("requests"))
        told = [part.strip() for line in lines[at : at + 3] for part in line[13:].split("  ")]
        assert "1,142 out of order" in told


def test_the_summary_of_a_run() -> None:
    text = summary(*a_run())
    assert text.startswith("errors       0.2 % of requests failed\nmodel")
    assert "demo-cnn" in line_of(text, "model")
    assert line_of(text, "device") == "device       AUTO:GPU,CPU: GPU.0 (handover after 3.61 s)"
    assert line_of(text, "handover") == "handover     (CPU) → GPU.0 at 00:03, 3.61 s after the compile began"
    assert line_of(text, "load") == "load         closed loop, 16 in flight, for 4.7 s"
    assert "requests     0.2 % failed: 2 errors  61,026 submitted  1,017 completed" in text
    assert re.search(r"0 late\s+7 lost", text)
    heading, inference = line_of(text, "latency ms"), line_of(text, "inference")
    assert heading.split()[2:] == ["p50", "p90", "p95", "p99", "p99.9", "max"]
    assert inference.split()[-2:] == ["–", "100.0"]
    assert len(heading) == len(inference)
    assert re.search(r"GPU.0: 1,000 \(99.0 %\), 2 failed, [\d,.]+ /s, inference p50 8\.", text)
    assert line_of(text, "all devices") == "all devices  (CPU) and GPU.0 together; each by itself below"
    assert line_of(text, "batching") == (
        "batching     16 a batch, 63 batches: full 100.0 %, timer 0.0 %, alone 0.0 %; the"
    )
    assert "stand-in's 10 left out" in text


def test_few_of_many_inputs_are_named() -> None:
    ports = [Port(f"past.{n}", "[?,4,?,8]", "f32") for n in range(49)]
    read = msgspec.structs.replace(model_read(), inputs=ports)
    text = summary(update(records([400], segment=1), began(), spawned(), read, compiled(), segment(), now_s=1))
    assert "past.3 [?,4,?,8] f32 and 45 more  OpenVINO" in " ".join(text.split()).replace(" OpenVINO", "  OpenVINO")
    assert "past.4" not in text


def test_what_requests_felt_of_the_handover() -> None:
    stand_in = records(np.arange(3000, 3700, 10.0), 10.0, segment=1, device=STAND_IN)
    gpu = records(4000 + np.arange(300) * 2.0, [400.0] + [2.0] * 299, segment=1, device=GPU0)
    change = device_changed(["(CPU)"], ["GPU.0"], 3.71)
    text = summary(update(stand_in, *started(), now_s=3), update(gpu, change, now_s=5, finished=True))
    assert "             worst response at the switch 400.0 ms, settled 0.29 s after it\n" in text
    assert re.search(r"\n {13}before p50 10\.0 p99 – ms; after p50 2\.0\d p99 – ms\n", text)


def test_segments_are_listed_where_there_is_more_than_one() -> None:
    assert "segment" not in summary(*a_run())
    text = summary(
        update(records([400, 500], segment=1), *started(), now_s=1),
        update(records([1500], 4.0, segment=2), segment(2, t_s=1.1, changes=["streams 1→2"]), now_s=2),
    )
    assert line_of(text, "segment 2").startswith("segment 2    streams 1→2: 1 completed, 1.1 /s, response p50 4.0")


def test_many_segments_are_cut_to_the_newest() -> None:
    later = [segment(n, t_s=n, changes=[f"rate {n}→{n + 1}"]) for n in range(2, 31)]
    text = summary(update(None, *started(), *later, now_s=40))
    assert text.count("\nsegment ") == SEGMENT_LINES
    assert f"({30 - SEGMENT_LINES} earlier segments)" in text
    assert line_of(text, "segment 30")


def test_why_there_is_no_batching() -> None:
    plan = BatchingPlan(size=1, why_not="only GPU and explicit BATCH devices batch requests")
    events = [began(), spawned(), model_read(), compiled(batching=plan), segment()]
    text = summary(update(records([400], segment=1), *events, now_s=1))
    assert "none: only GPU and explicit BATCH devices batch requests" in line_of(text, "batching")


def test_batches_are_those_that_ran_whatever_the_last_engine_does() -> None:
    batched = records(np.arange(100), 8.0, segment=1, batch_size=4, batch_id=np.arange(100) // 4 + 1)
    alone = [spawned(2), model_read(2), compiled(2, batching=BatchingPlan(size=1, why_not="no")), segment(2, engine=2)]
    text = summary(update(batched, *started(), now_s=1), update(records([400], segment=2), *alone, now_s=2))
    assert line_of(text, "batching").startswith("batching     4 a batch, 25 batches: ")


@pytest.mark.parametrize(("size", "words"), [(1, "every request ran alone"), (0, "is not known")])
def test_batching_that_did_not_happen_or_cannot_be_seen(size: int, words: str) -> None:
    text = summary(update(records([400], segment=1, batch_size=size), *started(), now_s=1))
    assert words in line_of(text, "batching")


def test_a_dead_engine_is_told() -> None:
    died = EngineExited(t_ns=75 * 10**9, engine=1, expected=False, code=-9, signal="SIGKILL", unfinished=3)
    text = summary(update(None, *started(), died, now_s=80))
    assert "the engine died of SIGKILL, 01:15" in text
    assert "3 unfinished" in " ".join(text.split())


def test_an_open_loop_says_its_rate() -> None:
    text = summary(update(None, *started(Settings(rate=20.0)), now_s=1))
    assert "20/s (each 50 ms), 16 in flight" in line_of(text, "load")


def test_long_names_wrap_and_control_characters_do_not_reach_the_terminal() -> None:
    settings = Settings(device="CPU", model="\x1b]0;owned\x07" + "m" * 200)
    text = summary(update(None, began(settings), spawned(settings=settings), now_s=1))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert text.count("m" * 30) >= 3


def test_one_of_several_devices_is_named() -> None:
    ran = a_run()
    ran.insert(1, update(records([3700, 3705], 8.0, segment=1, device=AMBIGUOUS, flags=Flag.AMBIGUOUS_DEVICE), now_s=4))
    assert "one of (CPU), GPU.0: 2 (" in " ".join(summary(*ran).split())
    both = records(np.arange(400, 1400, 100), 1.0, segment=1, device=AMBIGUOUS)
    both["device"][:3] = GPU0
    cumulative = started(device="AUTO:GPU,CPU", execution=["GPU.0", "CPU"])
    text = summary(update(both, *cumulative, now_s=3, submitted=10, finished=True))
    assert "one of GPU.0, CPU: 7 (" in " ".join(text.split())
