"""batches_of and the sums of waiting against a model in plain Python that is slow and plain to read."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.metrics.batching.batch_assembly import BatchAssembler
from ovtui.metrics.batching.batch_runs import Certainty, RunReason, batches_of, lone_run_times
from ovtui.metrics.digest import Digest
from ovtui.records.device_codes import STAND_IN
from ovtui.records.record import Flag, Records, empty_records
from ovtui.records.source import Update

MS = 1_000_000


@st.composite
def sessions(draw: st.DrawFn) -> Records:
    """Full batches, lone runs, failures and unknown sizes, in a shuffled order of completion; some batches lack
    members, as at the ends of what is kept."""
    runs = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["full", "full", "cut", "timer", "alone", "unknown", "failed"]),
                st.integers(2, 5),
                st.lists(st.integers(0, 400), min_size=5, max_size=5),
                st.integers(1, 90),
                st.integers(0, 2),
                st.sampled_from([0x10, 0x20, STAND_IN]),
                st.booleans(),
            ),
            max_size=14,
        )
    )
    rows: list[dict[str, int]] = []
    for number, (kind, size, submits, took, segment, device, odd) in enumerate(runs, 1):
        together = kind in ("full", "cut")
        if device == STAND_IN and (together or kind == "timer"):
            device = 0x20
        members = size - 1 if kind == "cut" else size if kind == "full" else 1
        flags = {"timer": int(Flag.TIMED_OUT), "failed": int(Flag.ERROR)}.get(kind, 0)
        flags |= int(Flag.WARM_UP if kind == "alone" else Flag.INFERRED_BATCH) if odd else 0
        fired = max(submits[:members]) * MS
        rows += [
            {
                "submit_ns": submit * MS, "done_ns": fired + took * MS + member * 1000, "segment": segment,
                "infer_us": (fired + took * MS) / 1e3 - submit * 1e3, "device": device, "flags": flags,
                "batch_id": number if together else 0,
                "batch_size": size if together else {"unknown": 0, "failed": 0}.get(kind, 1),
            }
            for member, submit in enumerate(submits[:members])
        ]  # fmt: skip
    records = empty_records(len(rows))
    for place, row in zip(draw(st.permutations(range(len(rows)))), rows, strict=True):
        for name, value in row.items():
            records[place][name] = value
    records["seq"] = np.argsort(np.argsort(records["submit_ns"], kind="stable"))
    return records


def runs_of(records: Records) -> dict[tuple[int, ...], list[Any]]:
    """The members of each run, by its smallest index, in plain Python."""
    runs: dict[tuple[str, int], list[int]] = {}
    for index, row in enumerate(records):
        shared = row["batch_size"] > 1 and row["batch_id"] > 0
        key = ("batch", int(row["batch_id"])) if shared else ("lone", index)
        runs.setdefault(key, []).append(index)
    return {tuple(sorted(members)): [records[i] for i in members] for members in runs.values()}


def reason_of(row: Any) -> RunReason:
    if row["flags"] & Flag.ERROR:
        return RunReason.FAILED
    if row["batch_size"] > 1:
        return RunReason.FULL
    if row["batch_size"] == 0:
        return RunReason.UNKNOWN
    return RunReason.TIMER if row["flags"] & Flag.TIMED_OUT else RunReason.ALONE


def least_of(records: Records) -> dict[int, int]:
    """ns, where not all had waited for the timer."""
    least: dict[int, int] = {}
    known: set[int] = set()
    for rows in runs_of(records).values():
        if any(row["flags"] & (Flag.WARM_UP | Flag.ERROR) for row in rows):
            continue
        key = int(rows[0]["segment"]) << 8 | int(rows[0]["device"])
        if rows[0]["batch_size"] == 1:
            took = round(float(rows[0]["infer_us"]) * 1e3)
        elif rows[0]["batch_size"] == len(rows):
            took = min(int(row["done_ns"]) for row in rows) - max(int(row["submit_ns"]) for row in rows)
        else:
            continue
        least[key] = min(least.get(key, took), took)
        if reason_of(rows[0]) is not RunReason.TIMER:
            known.add(key)
    return {key: took for key, took in least.items() if key in known}


def certainty_of(timer: bool, segment: int, row: Any, records: Records) -> Certainty:
    """A timer's wait is but a bound where all of its segment and device that is measured waited for the timer."""
    if not timer:
        return Certainty.EXACT
    for rows in runs_of(records).values():
        if any(other["flags"] & (Flag.WARM_UP | Flag.ERROR) for other in rows):
            continue
        whole = rows[0]["batch_size"] == len(rows)
        known = reason_of(rows[0]) is RunReason.ALONE or (reason_of(rows[0]) is RunReason.FULL and whole)
        if known and rows[0]["segment"] == segment and rows[0]["device"] == row["device"]:
            return Certainty.ESTIMATED
    return Certainty.AT_MOST


@settings(max_examples=150)
@given(sessions())
def test_runs_are_those_of_the_plain_model(records: Records) -> None:
    batches, model, least = batches_of(records), runs_of(records), least_of(records)
    found = [batches.batch(i, records) for i in range(len(batches))]
    assert sorted(tuple(sorted(batch.members.tolist())) for batch in found) == sorted(model)
    assert [batch.done_ns for batch in found] == sorted(batch.done_ns for batch in found)
    for batch in found:
        rows = model[tuple(sorted(batch.members.tolist()))]
        submits = sorted(int(row["submit_ns"]) for row in rows)
        assert [int(records["submit_ns"][i]) for i in batch.members] == submits
        assert (batch.first_submit_ns, batch.last_submit_ns) == (submits[0], submits[-1])
        assert batch.done_ns == min(int(row["done_ns"]) for row in rows)
        assert batch.reason is reason_of(rows[0])
        assert batch.size == rows[0]["batch_size"]
        assert batch.id == (rows[0]["batch_id"] if batch.reason is RunReason.FULL else 0)
        assert batch.whole == (len(rows) == max(batch.size, 1))
        assert batch.certainty is certainty_of(batch.reason is RunReason.TIMER, batch.segment, rows[0], records)
        assert batch.inferred == (batch.reason is RunReason.FULL and bool(rows[0]["flags"] & Flag.INFERRED_BATCH))
        if batch.reason is RunReason.FULL and batch.whole:
            assert batch.first_wait_ms == (submits[-1] - submits[0]) / MS
        elif batch.reason is RunReason.ALONE:
            assert batch.first_wait_ms == 0
        elif batch.reason is RunReason.TIMER:
            key = int(rows[0]["segment"]) << 8 | int(rows[0]["device"])
            latency_ms = float(rows[0]["infer_us"]) / 1e3
            assert math.isclose(batch.first_wait_ms, max(latency_ms - least.get(key, 0) / MS, 0), abs_tol=1e-5)
            assert (batch.run_ms is None) == (key not in least)
        else:
            assert batch.first_wait_ms is None
    assert {key: round(ms * MS) for key, ms in lone_run_times(records).items()} == least


@settings(max_examples=100)
@given(sessions(), st.lists(st.integers(0, 60), max_size=6))
def test_waiting_is_the_plain_sum_however_the_records_come(records: Records, cuts: list[int]) -> None:
    digest = Digest()
    for part in np.split(records, sorted(min(cut, len(records)) for cut in cuts)):
        digest.feed(Update(10**9, part, [], len(records), 0))
    least = least_of(records)
    waited_ns = known = 0
    firsts: list[float] = []
    for rows in runs_of(records).values():
        reason = reason_of(rows[0])
        if any(row["flags"] & Flag.WARM_UP for row in rows) or reason in (RunReason.FAILED, RunReason.UNKNOWN):
            continue
        if reason is RunReason.FULL:
            if len(rows) < rows[0]["batch_size"]:
                continue
            fired = max(int(row["submit_ns"]) for row in rows)
            waited_ns += sum(fired - int(row["submit_ns"]) for row in rows)
            firsts.append((fired - min(int(row["submit_ns"]) for row in rows)) / MS)
        elif reason is RunReason.TIMER:
            key = int(rows[0]["segment"]) << 8 | int(rows[0]["device"])
            waited_ns += round(float(rows[0]["infer_us"]) * 1e3) - least.get(key, 0)
        known += 0 if rows[0]["device"] == STAND_IN else len(rows)
    shares = digest.run.batches
    assert shares.first_wait.count == len(firsts)
    assert shares.first_wait.max == (max(firsts) if firsts else None)
    timers = [row for row in records if reason_of(row) is RunReason.TIMER and not row["flags"] & Flag.WARM_UP]
    bounds = [row for row in timers if certainty_of(True, int(row["segment"]), row, records) is Certainty.AT_MOST]
    certainty = Certainty.AT_MOST if 2 * len(bounds) > len(timers) else Certainty.ESTIMATED
    assert shares.cost_certainty is (certainty if timers else Certainty.EXACT)
    in_play = firsts or any(row["flags"] & Flag.TIMED_OUT for row in records)
    if in_play:
        assert math.isclose(shares.cost_ms, waited_ns / known / MS, abs_tol=1e-6)
    else:
        assert shares.cost_ms is None


@given(sessions())
def test_a_batch_is_handed_out_once_and_only_whole(records: Records) -> None:
    gatherer = BatchAssembler()
    sizes: list[int] = []
    for row in range(len(records)):
        fired = gatherer.add(records[row : row + 1])
        sizes += fired.size.tolist() if fired is not None else []
    whole = [
        rows[0]["batch_size"]
        for rows in runs_of(records).values()
        if reason_of(rows[0]) is RunReason.FULL and len(rows) == rows[0]["batch_size"]
    ]
    assert sorted(sizes) == sorted(whole)
