"""The checks of how requests run: alone, after the timer, in full batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ovtui.metrics.digest import Digest
from ovtui.metrics.expectations.seen import Ran, Seen, how_they_ran, is_over, so_far
from ovtui.metrics.number_format import milliseconds

DEFAULT_TIMEOUT_MS = 1000
"""OpenVINO's own AUTO_BATCH_TIMEOUT."""
RUN_SHARE = 0.25
"""A request that waited for the timer takes the timeout and its run, which nothing shows where all wait: a quarter of
the timeout is allowed for it."""


def timeout_ms(digest: Digest) -> int:
    """The batch timeout that is set."""
    settings = digest.session_state.settings
    set_ms = settings.batch_timeout_ms if settings is not None else None
    return DEFAULT_TIMEOUT_MS if set_ms is None else set_ms


def _every_request_waits(digest: Digest) -> Seen:
    ran = how_they_ran(digest)
    return Seen(_of(ran.timer, ran, digest), _all(ran.timer, ran, digest))


def _waits_bounded(digest: Digest) -> Seen:
    ran, longest_ms = how_they_ran(digest), digest.run.latency["response"].max
    if longest_ms is None:
        return Seen(_of(ran.timer, ran, digest), None)
    waited = _all(ran.timer, ran, digest)
    within = longest_ms <= timeout_ms(digest) * (1 + RUN_SHARE)
    text = f"{_of(ran.timer, ran, digest)}, the longest took {milliseconds(longest_ms)} ms"
    return Seen(text, waited and within if waited is not None else None)


def _served_alone(digest: Digest) -> Seen:
    ran = how_they_ran(digest)
    return Seen(_of(ran.alone, ran, digest), _all(ran.alone, ran, digest))


def _batches_full(digest: Digest) -> Seen:
    """All but fewer than a batch takes ran in full ones."""
    ran, size = how_they_ran(digest), digest.run.batches.size
    if not size:
        nothing_yet = not is_over(digest.snapshot()) or ran.unknown == ran.total
        return Seen(f"no batch in {ran.total:,} requests{so_far(digest)}", None if nothing_yet else False)
    batches = "1 batch" if ran.batches == 1 else f"{ran.batches:,} batches"
    text = f"{ran.batched:,} of {ran.total:,} in {batches} of {size}{so_far(digest)}"
    return Seen(text, ran.total - ran.batched < size)


def _of(part: int, ran: Ran, digest: Digest) -> str:
    unknown = f" ({ran.unknown:,} not known)" if ran.unknown else ""
    return f"{part:,} of {ran.total:,}{unknown}{so_far(digest)}"


def _all(part: int, ran: Ran, digest: Digest) -> bool | None:
    """Whether all did; None where those that did not are not known, or it is not decided yet who waited."""
    if part + ran.unknown < ran.total:
        return None if digest.run.batches.undecided else False
    return None if ran.unknown else True


SEEN: Mapping[str, Callable[[Digest], Seen]] = {
    "served-alone": _served_alone,
    "batches-full": _batches_full,
    "every-request-waits": _every_request_waits,
    "waits-bounded": _waits_bounded,
}
