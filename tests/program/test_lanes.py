"""Lanes and batches of the real program: what the screen says of a batch is what OpenVINO did."""

from __future__ import annotations

import re

import pytest
from harness.fixture_types import RigEnv, StartProgram
from harness.program import Program, line_of

FIRED = re.compile(r"BATCH ~?([\d,]+)  full  fired when the last of its (\d+) requests came")
HEAD = re.compile(r"^ (?:BATCH ~?|REQUEST )[\d,]+  ", re.MULTILINE)
ROW = re.compile(r"^ +([\d,]+) +(\d+) +(\d\d:[\d.]+) +(≈?[\d.,]+) +([\d.,]+)(?:  ([a-z -]+))?$", re.MULTILINE)


def members(text: str) -> list[tuple[int, int, float, float, float]]:
    """seq, request, submitted at, waited ms, latency ms."""
    return [
        (
            int(seq.replace(",", "")),
            int(request),
            _seconds(at),
            *(float(v.replace(",", "").lstrip("≈")) for v in values),
        )
        for seq, request, at, *values, _ in ROW.findall(text)
    ]


def _seconds(at: str) -> float:
    """Of 'mm:ss.tttt'."""
    minutes, _, seconds = at.partition(":")
    return 60 * int(minutes) + float(seconds)


def opened(program: Program) -> None:
    """On the screen of batches, once it shows some."""
    program.wait_for(lambda text: "full" in text and "timer" in text, 90)
    program.keys("3")
    program.wait_for(lambda text: "submitted at" in text and "▼" in text, 90)


def pick_full(program: Program) -> str:
    """Picks the newest batch that was full, and returns the screen: on a busy machine a stall of the length of the
    batch timeout leaves runs of the timer between them."""
    program.keys("b")
    text = program.wait_for(lambda text: HEAD.search(text) and "frozen" in text)
    while not FIRED.search(text):
        head = line_of(text, HEAD.search(text)[0])
        program.keys("b")
        text = program.wait_for(lambda text, head=head: HEAD.search(text) and head not in text)
    return text


def test_members_of_a_picked_batch_waited_for_the_last_one(start: StartProgram) -> None:
    program = start("-d", "BATCH:CPU(4)", "--nireq", "8", "--rate", "100", "--batch-timeout", "200")
    opened(program)
    text = pick_full(program)
    rows = members(text)
    assert len(rows) == 4
    assert FIRED.search(text)[2] == "4"
    assert [seq for seq, *_ in rows] == sorted(seq for seq, *_ in rows)
    # One worker's four requests: dispatch is grouped on explicit BATCH.
    assert len({request // 4 for _, request, *_ in rows}) == 1
    last_s = rows[-1][2]
    for _, _, submitted_s, waited_ms, latency_ms in rows:
        assert waited_ms == pytest.approx((last_s - submitted_s) * 1e3, abs=0.2)
        assert latency_ms >= waited_ms
    program.keys("1")
    program.wait_for("LATENCY response ms")


def test_a_timeout_shorter_than_a_batch_takes_to_come_shows_timer_runs(start: StartProgram) -> None:
    # With three in flight no batch of four is ever full, also where many come due at once after a stall.
    program = start("-d", "BATCH:CPU(4)", "--nireq", "3", "--rate", "20", "--batch-timeout", "30")
    program.wait_for(lambda text: re.search(r"timer +[1-9]", text))
    program.keys("3")
    program.wait_for("submitted at")
    program.keys("b")
    text = program.wait_for(lambda text: "REQUEST" in text and "timer" in text and "frozen" in text)
    assert "[timer]" in text
    assert "▽" in text
    # Nothing ran without waiting for the timer, so that nothing tells what a run takes.
    assert "waited ≤" in text
    assert "ran –" in text
    assert "costs ≤+" in text


@pytest.mark.rig
def test_implicit_batches_of_the_gpu_are_seen(start: StartProgram, rig_env: RigEnv) -> None:
    program = start("-d", "GPU", "--nireq", "8", env=rig_env())
    opened(program)
    text = pick_full(program)
    size = int(FIRED.search(text)[2])
    assert size > 1
    assert f"[{size}]" in text
    assert "on GPU.0" in text
