"""The part of the Result about batching: how requests ran together, and what waiting for that cost."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.metrics.batching.batch_runs import Certainty
from ovtui.records.events import BatchEvidence


class WaitMs(msgspec.Struct, frozen=True, kw_only=True):
    """How long the first member of each full batch waited for the last one, ms. p99 needs 662 batches."""

    p50: float | None
    p99: float | None
    max: float | None


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Full batches that OpenVINO held: it missed the last request, and started them when the batch timer ran out.
    Told at timeouts of 10 ms and more that are more than 5 times the median run and 1.5 times nearly all others."""

    batches: int
    requests: int
    wait_ms: float | None
    """Mean wait of these requests, the timeout after the last one included; null where there are none."""


class Batching(msgspec.Struct, frozen=True, kw_only=True):
    """How the requests ran, counted over those whose batch size is known or deduced, each engine's first and failed
    ones left out; null where none is. What AUTO's stand-in served is no part of it, unless nothing else served."""

    size: int | None
    """Requests that a full batch of the compiled model takes, never those in flight; 1 where nothing batches; null
    where it is not known, or where the latencies contradict what the device told."""
    size_is: Literal["known", "deduced"] | None
    """`deduced` where it is the device's answer, which too little memory may have made smaller; null where it is 1 or
    unknown."""
    batches: int | None
    batched: int | None
    """Requests that ran with others, those of `held` included."""
    held: Held | None
    timed_out: int | None
    """Requests that ran alone because the batch timer ran out; null, as `single`, where that is not known yet."""
    single: int | None
    """Requests that ran alone for another reason."""
    stood_in: int | None
    """Requests that AUTO's stand-in served, left out of the counts above."""
    fill: float | None
    """Share of requests that ran with others, 0 to 1."""
    first_wait_ms: WaitMs | None
    """Null where no batch ran full, or batch ids are not known."""
    waiting_cost_ms: float | None
    """Mean that a request waited for its batch or the timer. Exact for full batches, but for those that were held:
    their wait after the last request is taken to be the batch timeout. Of a request that ran after the timer the least
    latency of its kind is taken for its run and the rest for waiting, in which queueing is."""
    waiting_cost_is: Certainty | None
    """Whether that mean is `exact`; `estimated`, where runs after the timer, held batches or deduced sizes are in it;
    or, where nothing is known to have run without waiting, an upper bound (`at_most`). Null where the cost is."""
    evidence: BatchEvidence | None
    """How batch sizes are found: `witness`, `probe`, `deduced` from the times of completions, or `none`."""
    known: int
    """Requests whose batch size is known."""
    deduced: int
    """Requests whose batch size is deduced."""
    unknown: int
    """Requests whose batch size is not known."""
    left_out: int
    """Requests that are in none of these: engines' first inferences and failed ones. known + deduced + unknown +
    stood_in + left_out are all whose records were read: requests.completed - requests.lost; of a segment, completed."""
    probe_cost_us: float | None
    """What the batch probe costs each run, measured once on the device that batches; null where it was not."""
    probe_cost_low_us: float | None
    """The least that the measurement allows; 0 or less where it cannot tell the cost from nothing."""
    probe_cost_high_us: float | None
    """The most that it allows."""
    exact: bool | None
    """Whether batch ids are known (true), deduced (false) or absent (null)."""
    due_in_timeout: float | None
    """Open loop: requests that come due within one batch timeout on average; null in a closed loop, and where nothing
    batches."""
    shortfall: str | None
    """Why no batch can fill ("100 of 256 come in 1000 ms"); null where one can, or requests do not wait."""
    shared_inputs: list[str]
    """Inputs without a batch dimension of a model that is batched: OpenVINO takes one request's value of them for all
    members of a batch. Empty where there are none."""
    why_not: str | None
    """Why requests are not batched; null where they are, or no reason is known."""
