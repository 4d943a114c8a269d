"""What is deduced of batches is not stated as certain, on the overview, in the summary and in the JSON."""

from __future__ import annotations

import numpy as np
import pytest
from samples import MS, began, compiled, model_read, records, segment, spawned, update

from ovtui.dashboard.batches.batch_totals import batch_forms
from ovtui.dashboard.drawing.text_fit import Piece
from ovtui.metrics.digest import Digest
from ovtui.metrics.handover.event_text import batching_learnt_text
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.records.events import BatchEvidence, BatchingLearnt, BatchingPlan
from ovtui.records.record import Flag

LEARNT = BatchingLearnt(
    t_ns=1, engine=1, device="GPU.0", size=4, probe_cost_us=7.2, probe_cost_low_us=5.0, probe_cost_high_us=9.0
)


def digest_of(evidence: BatchEvidence, *events: BatchingLearnt) -> Digest:
    """A full batch of four, fired at its last submission."""
    rows = records([30.0] * 4, batch_id=1, batch_size=4, segment=1)
    rows["submit_ns"] = rows["due_ns"] = np.array([10, 12, 14, 20]) * MS
    rows["infer_us"] = (rows["done_ns"] - rows["submit_ns"]) / 1e3
    rows["flags"] = Flag.INFERRED_BATCH | (Flag.DEDUCED_SIZE if evidence == "deduced" else 0)
    plan = BatchingPlan(size=4, exact=False, evidence=evidence)
    digest = Digest()
    digest.feed(update(None, began(), spawned(), model_read(), compiled(batching=plan), *events, segment()))
    digest.feed(update(rows, now_s=1, submitted=4))
    return digest


def text_of(pieces: list[Piece]) -> str:
    return "".join(text for text, _ in pieces)


@pytest.mark.parametrize(
    ("evidence", "certainty", "sign", "size"), [("deduced", "estimated", "≈", "~4"), ("probe", "exact", "", "4")]
)
def test_deduced_batches_are_marked_on_every_surface(
    evidence: BatchEvidence, certainty: str, sign: str, size: str
) -> None:
    digest = digest_of(evidence)
    result = build_result(digest)
    assert result.batching.waiting_cost_is == certainty
    assert f"{sign} 6.00 ms a request on".lstrip() in "\n".join(summary_lines(result))
    assert ("≈" in "\n".join(summary_lines(result))) is bool(sign)
    forms = [text_of(form) for form in batch_forms(digest.snapshot())]
    assert f"{sign}+6.00" in forms[0]
    assert all(form.startswith(f" batch {size}") for form in forms)


@pytest.mark.parametrize(
    ("evidence", "forms"),
    [
        ("deduced", ["sizes and ids deduced", "sizes deduced"]),
        ("probe", ["known by the probe, ids deduced", "by the probe, ids deduced", "ids deduced"]),
    ],
)
def test_every_form_says_what_is_deduced(evidence: BatchEvidence, forms: list[str]) -> None:
    shown = [text_of(form) for form in batch_forms(digest_of(evidence).snapshot(), waits=False)]
    said = [form.rpartition("  ")[2] for form in shown if "deduced" in form]
    assert list(dict.fromkeys(said)) == forms


def test_what_the_probe_costs_is_the_same_in_the_summary_the_json_and_the_event() -> None:
    result = build_result(digest_of("probe", LEARNT))
    said = " ".join(" ".join(summary_lines(result)).split())
    assert "; the batch probe costs about 7 us of each run" in said
    assert "the batch probe costs about 7 us of each run" in batching_learnt_text(LEARNT)
    assert (result.batching.probe_cost_us, result.batching.probe_cost_low_us) == (7.2, 5.0)
    assert "batch probe" not in " ".join(summary_lines(build_result(digest_of("probe"))))
