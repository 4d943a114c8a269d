"""The checks of what a handover does to latency, and of the hints beside each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ovtui.metrics.digest import Digest
from ovtui.metrics.expectations.seen import Seen, is_over, so_far
from ovtui.metrics.handover.device_state import accelerator_kinds, device_indicator
from ovtui.metrics.handover.handover_phases import HandoverPhases
from ovtui.metrics.number_format import milliseconds, seconds
from ovtui.metrics.session.session_state import STAND_IN_DEVICES
from ovtui.settings.listing import joined

STEADY = 1.5
"""Response is steady where its p90 is within this factor of its p50, and jitters beyond. The waits of a batch that
gathers at a fixed rate are spread evenly: 0.9 / 0.5 = 1.8. Of the recordings 1.1 (LATENCY) and 1.7 (batches of 16)."""
LEAST, UNSETTLED = 20, 100
"""Requests after the handover from which on it is judged; those among which latency may be expected to settle."""
NO_FASTER = 0.8
"""A p50 above this share of the CPU's is hardly lower."""


def _then_steady(digest: Digest) -> Seen:
    """After the handover the p50 is no higher than before, the p90 near it, and nothing ran in a batch."""
    handover = _handover(digest, unsettled=False)
    if isinstance(handover, Seen):
        return handover
    before, after, batched = _p50(handover), handover.after.latency["response"], digest.run.batches.batched
    text = f"{_when(handover)}, {_change(handover)}{f', {batched:,} in batches' if batched else ''}"
    if before is None or after.p50 is None or after.p90 is None:
        return Seen(text, None)
    return Seen(text, after.p50 <= before and after.p90 <= STEADY * after.p50 and not batched)


def _then_jitter(digest: Digest) -> Seen:
    """After the handover requests run in batches, the p50 is higher than before, and the p90 not near it."""
    handover = _handover(digest)
    if isinstance(handover, Seen):
        return handover
    before, after, shares = _p50(handover), handover.after.latency["response"], digest.run.batches
    device = ", ".join(handover.change.after)
    if not shares.batched and not shares.timed_out:
        why = f"{device} batches nothing of this model"
        return Seen(f"{_when(handover)}, {_change(handover)}; {why}", None)
    text = f"{_when(handover)}, {_change(handover)}, {shares.batched:,} in batches"
    if before is None or after.p50 is None or after.p90 is None:
        return Seen(text, None)
    return Seen(text, after.p50 > before and after.p90 > STEADY * after.p50)


def _no_faster(digest: Digest) -> Seen:
    handover = _handover(digest)
    if isinstance(handover, Seen):
        return handover
    before, after = _p50(handover), handover.after.latency["response"].p50
    ok = None if before is None or after is None else after >= NO_FASTER * before
    return Seen(f"{_when(handover)}, {_change(handover)}", ok)


def _hints(digest: Digest) -> Seen:
    began = [segment for segment in digest.session_state.segments if not segment.trial]
    hints = list(dict.fromkeys(segment.settings.hint for segment in began))
    ok = len(hints) == 3 or (False if is_over(digest.snapshot()) else None)
    return Seen(f"{len(hints)} of 3 ({joined([hint.upper() for hint in hints])}){so_far(digest)}", ok)


def _handover(digest: Digest, unsettled: bool | None = None) -> HandoverPhases | Seen:
    """From the stand-in to the accelerator, with enough requests after it; else why there is none. `unsettled`: whether
    latency that has not settled is as expected."""
    found = [phases for phases in digest.phases() if phases.change.before == STAND_IN_DEVICES]
    if found and found[0].after.requests >= LEAST:
        return found[0]
    state, snapshot = digest.session_state, digest.snapshot()
    if found and found[0].settled_ns is None and found[0].during.requests >= UNSETTLED:
        return Seen(f"{_when(found[0])}, latency has not settled since", unsettled)
    if found:
        return Seen(f"{_when(found[0])}, too few requests after it", None)
    accelerator = state.engine.accelerator if state.engine is not None else None
    if accelerator is not None and accelerator.state == "failed":
        return Seen(f"no handover: {accelerator.device} failed to compile", False)
    if not accelerator_kinds(state):
        return Seen("no handover on this machine, where AUTO has only the CPU", None)
    indicator = device_indicator(state, snapshot.now_ns)
    return Seen(f"no handover{so_far(digest)}: {indicator.device} {indicator.sentence}".rstrip(), None)


def _when(handover: HandoverPhases) -> str:
    change = handover.change
    return f"{', '.join(change.after)} after {seconds(change.since_compile_ms / 1e3)}"


def _change(handover: HandoverPhases) -> str:
    before, after = _p50(handover), handover.after.latency["response"]
    return f"p50 {milliseconds(before)} → {milliseconds(after.p50)} ms (p90 {milliseconds(after.p90)})"


def _p50(handover: HandoverPhases) -> float | None:
    return handover.before.latency["response"].p50


SEEN: Mapping[str, Callable[[Digest], Seen]] = {
    "handover-then-steady": _then_steady,
    "handover-then-jitter": _then_jitter,
    "hints-side-by-side": _hints,
    "accelerator-no-faster": _no_faster,
}
