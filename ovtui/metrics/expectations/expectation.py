"""What is expected of an experiment, what was seen, and whether it is the same: for caption, JSON, summary and report.

Owner of the verdict: this module. The checks are in `batching_checks` and `handover_checks`."""

from __future__ import annotations

import msgspec

from ovtui.metrics.digest import Digest
from ovtui.metrics.expectations import batching_checks, handover_checks
from ovtui.metrics.expectations.seen import Seen
from ovtui.settings.experiments import CHECKS
from ovtui.settings.listing import joined

_SEEN = {**batching_checks.SEEN, **handover_checks.SEEN}
WORDS = {True: "as expected", False: "NOT as expected", None: "not known here"}


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """What the preset's experiment is to show, and whether it did; of all requests, each engine's first included."""

    preset: str | None
    """Null for a recording that comes with ovtui and was made without one."""
    expected: str
    seen: str
    ok: bool | None
    """Null where this session cannot show it: no accelerator that AUTO hands over to, no batching, too few requests."""
    changed: list[str]
    """Settings with another value than the preset has: what is expected may not hold."""


def expectation_of(digest: Digest) -> Expectation | None:
    """As far as the session has come; None for a session that is no experiment, or one that a newer ovtui knows. Costs
    about 1 ms for 2,000 requests, and 15 ms for 131,072."""
    state = digest.session_state
    experiment = state.session.experiment if state.session is not None else None
    check = CHECKS.get(experiment.check) if experiment is not None else None
    if experiment is None or check is None:
        return None
    settings, segment = state.settings, state.segment
    size = digest.run.batches.size or (settings.nireq if settings else None) or (segment.nireq if segment else 0)
    found = _SEEN[experiment.check](digest) if digest.snapshot().completed else Seen("nothing yet", None)
    return Expectation(
        preset=experiment.preset or None,
        expected=check.expected.format(timeout=batching_checks.timeout_ms(digest), size=size),
        seen=found.text + _on_fallback(digest),
        ok=found.ok,
        changed=[*experiment.changed, *_changed_meanwhile(digest, experiment.check)],
    )


def verdict_text(expectation: Expectation, *, over: bool = True) -> str:
    """'as expected', with the settings that are not the preset's. Before the load is over, what is not known may still
    come: empty then."""
    word = WORDS[expectation.ok] if over or expectation.ok is not None else ""
    return word + (f" (with another {joined(expectation.changed)})" if expectation.changed else "")


def seen_text(expectation: Expectation) -> str:
    """'20 of 20: as expected'."""
    return f"{expectation.seen}: {verdict_text(expectation)}"


def expectation_text(expectation: Expectation | None) -> str:
    """'every request waits for the timer; seen 20 of 20: as expected'; empty for None."""
    return f"{expectation.expected}; seen {seen_text(expectation)}" if expectation is not None else ""


def _on_fallback(digest: Digest) -> str:
    """' on BATCH:CPU(16)' where the model was compiled for the fallback of the device that was asked for."""
    engine = digest.session_state.engine
    compiled = engine.compiled.device if engine is not None and engine.compiled is not None else ""
    asked = digest.session_state.settings.device if digest.session_state.settings else ""
    return f", on {compiled}" if compiled and compiled != asked else ""


def _changed_meanwhile(digest: Digest, check: str) -> list[str]:
    """What was changed while the session ran; the experiment with the hints is such changes."""
    if check == "hints-side-by-side":
        return []
    texts = [text for began in digest.session_state.segments if not began.trial for text in began.changes]
    return list(dict.fromkeys(texts))
