"""What one output, state or layer showed over all requests, and whether that is within the tolerance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ovtui.engine.verify.comparison import Compared
from ovtui.records.verification import Difference, Relation

_DISCRETE = (
    "whole numbers must be equal; where they are chosen by floats that are nearly equal (TopK, ArgMax, "
    "NonMaxSuppression), rounding alone changes them"
)


def discrete_note(found: Iterable[Difference]) -> list[str]:
    """A note where whole numbers differ."""
    return [_DISCRETE] if any("unequal" in each.why for each in found) else []


def why_not(found: Compared, tolerance: float, *, inner: bool) -> str:
    """Why both sides do not agree, as a phrase; empty where they do. `inner`: infinities of the same sign in the same
    place are equal."""
    if found.why:
        return found.why
    device, truth = found.nans
    if device or truth:
        return f"NaN: {device:,} against {truth:,}"
    device, truth = found.infinities
    if (device or truth) and not (inner and device == truth == found.same_infinities):
        same = ", all in the same places" if device == truth == found.same_infinities else ""
        return f"infinite: {device:,} against {truth:,}{same}"
    if found.exact:
        return f"{found.unequal:,} of {found.elements:,} unequal" if found.unequal else ""
    if found.max_relative is not None and not found.max_relative <= tolerance:
        return f"relative difference above {_number(tolerance)}"
    return ""


def own_measure(found: Compared) -> Compared:
    """Of a layer that was measured by what it gets."""
    if found.max_absolute is None or not found.scale:
        return found
    return replace(found, max_relative=found.max_absolute / found.scale)


def difference(
    name: str, element_type: str, found: Sequence[Compared], tolerance: float, *, operation: str = "",
    inner: bool = False, relation: Relation = "",
) -> Difference:  # fmt: skip
    """The worst of all requests; `found` has one at least."""
    why = next(filter(None, (why_not(each, tolerance, inner=inner) for each in found)), "")
    last = found[-1]
    return Difference(
        name=name,
        shape=list(last.shape),
        element_type=element_type,
        elements=last.elements,
        max_absolute=_worst(max, (each.max_absolute for each in found)),
        max_relative=_worst(max, (each.max_relative for each in found)),
        max_elementwise=_worst(max, (each.max_elementwise for each in found)),
        cosine=_worst(min, (each.cosine for each in found)),
        unequal=sum(each.unequal for each in found),
        nans=(sum(each.nans[0] for each in found), sum(each.nans[1] for each in found)),
        infinities=(sum(each.infinities[0] for each in found), sum(each.infinities[1] for each in found)),
        agrees=not why,
        why=why,
        operation=operation,
        relation=relation,
    )


def _worst(choose: Callable[[list[float]], float], values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return choose(known) if known else None


def _number(share: float) -> str:
    """'0.05', '1e-4'."""
    return f"{share:g}" if share >= 1e-3 else f"{share:.2e}".replace(".00", "").replace("e-0", "e-")
