"""Whether, when and how B is found out of a model that AUTO, MULTI or HETERO runs on a GPU.

What AUTO shows, and a batch that has been seen, settle it. Else the device is asked, in a process beside the engine
(optimal_batch_child). It is asked at once where the sizes of requests are deduced from B. Where the probe shows them,
B only tells whether requests that ran alone waited for the batch timer; so it is asked once some of them took that
long. Where nothing waits, the device batches nothing: there is no third way (metrics.batching.timer_claims)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import openvino as ov

from ovtui.engine.model.hidden_batch import HiddenBatch, hidden_batch, shown_batch
from ovtui.engine.model.optimal_batch_child import NotAnswered
from ovtui.records.device_codes import AMBIGUOUS, CPU, STAND_IN
from ovtui.records.record import Flag, Records

LOOKED_AT = 4096
"""Newest records that are looked at."""
_WAIT_PART = 10
"""A lone run may have waited for the timer where it took this part of the timeout. The timer runs freely, so 9 of 10
waits are longer."""
_MIN_SLOW, _MIN_SLOW_PART = 4, 10
"""So many lone runs, and this part of all, must have taken that long: fewer are stalls."""
_MIN_QUICK = 20
"""Lone runs that can show that nothing waits."""


@dataclass(frozen=True, slots=True)
class BatchSizeQuestion:
    """For the thread that asks (BatchQuestions)."""

    core: ov.Core
    compiled: ov.CompiledModel
    properties: Mapping[str, Any]
    """Those of the compile."""
    at_once: bool
    """Sizes depend on B."""
    ask: Callable[[str], int | None]
    """OPTIMAL_BATCH_SIZE of the model on a device, in a process of its own. Raises NotAnswered."""
    newest: Callable[[int], Records]
    """The newest records, at most so many."""
    timeout_ms: Callable[[], int]
    """The batch timeout in force."""
    learn: Callable[[int], None]
    """Takes B."""
    complain: Callable[[str], None]
    """Takes a sentence for the log."""

    def settle(self, device: str, plain_requests: Callable[[], int | None]) -> HiddenBatch | None:
        """B on the device; None where it need not be known by now. The records of a poll take 0.1 ms."""
        found = shown_batch(self.compiled, device)
        if found is None and not self.at_once:
            records = _on_the_accelerator(self.newest(LOOKED_AT))
            sizes = records["batch_size"]
            if (sizes > 1).any():
                found = HiddenBatch(int(sizes.max()))
            elif nothing_waits(records, self.timeout_ms()):
                found = HiddenBatch(1)
            elif not may_wait(records, self.timeout_ms()):
                return None
        if found is None:
            found = self._asked(device, plain_requests)
        self.learn(found.size)
        return found

    def _asked(self, device: str, plain_requests: Callable[[], int | None]) -> HiddenBatch:
        try:
            optimal = self.ask(device)
        except NotAnswered as error:
            self.complain(f"how many requests make a full batch on {device} is not known: {error}")
            return HiddenBatch(0)
        return hidden_batch(self.core, self.compiled, optimal, device, self.properties, plain_requests)


def nothing_waits(records: Records, timeout_ms: int) -> bool:
    """Whether [n] requests that ran alone on a known device came back too soon for a batch timer. As in
    metrics.batching.timer_claims: before the timer has run out twice, only where more came back than its periods allow,
    since each infer request waits for the end of one."""
    lone = records[(records["batch_size"] == 1) & (records["device"] != AMBIGUOUS)]
    if len(lone) < _MIN_QUICK or len(lone) < len(records):
        return False
    span_ns = int(lone["done_ns"].max()) - int(lone["submit_ns"].min())
    periods = 2 + span_ns // max(timeout_ms * 1_000_000, 1)
    if periods < 4 and len(lone) <= len(np.unique(lone["request"])) * periods:
        return False
    return _slow(lone, timeout_ms) * _MIN_SLOW_PART < len(lone)


def may_wait(records: Records, timeout_ms: int) -> bool:
    """Whether some of [n] requests ran alone and took so long that they may have waited for the batch timer."""
    lone = records[records["batch_size"] == 1]
    slow = _slow(lone, timeout_ms)
    return slow >= _MIN_SLOW and slow * _MIN_SLOW_PART >= len(lone)


def _slow(lone: Records, timeout_ms: int) -> int:
    return int((lone["infer_us"] * _WAIT_PART >= timeout_ms * 1e3).sum())


def _on_the_accelerator(records: Records) -> Records:
    """Those of the records that the CPU, which batches nothing, did not serve for certain."""
    served = ~np.isin(records["device"], (STAND_IN, CPU)) & (records["flags"] & Flag.ERROR == 0)
    found: Records = records[served]
    return found
