"""Remedies that contradict each other (the same setting with two values, or two steps in opposite directions), and
remedies that are the same. The rule that ranks higher keeps its remedy, and the other's evidence is added to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ovtui.metrics.advice.advice import Advice

OPPOSITES: tuple[tuple[str, str], ...] = (
    ("batching on", "batching off"),
    ("batching off", "batch timeout"),
    ("more at once", "fewer at once"),
    ("more at once", "lower rate"),
)
"""Directions of which one list of advice has only one. A lower rate beside more requests in flight would hide which of
them helped."""


def merge_rivals(found: Sequence[Advice], settings: Mapping[str, Any]) -> list[Advice]:
    """The advice of `found`, most urgent first, without remedies that contradict or repeat an earlier one. `settings`:
    those in force, by field name."""
    kept: list[Advice] = []
    for advice in found:
        rival = next((i for i, other in enumerate(kept) if _rivals(other.remedy, advice.remedy, settings)), None)
        if rival is None:
            kept.append(advice)
            continue
        winner = kept[rival]
        evidence = winner.evidence if advice.evidence in winner.evidence else f"{winner.evidence}; {advice.evidence}"
        kept[rival] = replace(winner, evidence=evidence, merged=(*winner.merged, advice.id))
    return kept


def _rivals(one: Mapping[str, Any], other: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    return contradicts(one, other, settings) or (bool(one) and _effect(one, settings) == _effect(other, settings))


def _effect(remedy: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """A remedy with those properties only that it changes."""
    if "properties" not in remedy:
        return dict(remedy)
    return {**remedy, "properties": _changed(remedy["properties"], settings.get("properties", {}))}


def contradicts(one: Mapping[str, Any], other: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    if any(name in other and not _agree(name, value, other[name], settings) for name, value in one.items()):
        return True
    ours, theirs = directions(one, settings), directions(other, settings)
    return any((a in ours and b in theirs) or (b in ours and a in theirs) for a, b in OPPOSITES)


def _agree(name: str, one: Any, other: Any, settings: Mapping[str, Any]) -> bool:
    """Properties are one setting in which each may be set by itself."""
    if name != "properties":
        return bool(one == other)
    before = settings.get("properties", {})
    ours, theirs = _changed(one, before), _changed(other, before)
    return all(theirs[key] == value for key, value in ours.items() if key in theirs)


def _changed(properties: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in properties.items() if before.get(key) != value}


def directions(remedy: Mapping[str, Any], settings: Mapping[str, Any]) -> set[str]:
    """In which directions a remedy moves, of those that OPPOSITES names."""
    found = set()
    device, before = str(remedy.get("device", "")).upper(), str(settings.get("device", "")).upper()
    if remedy.get("auto_batching") == "no" or (device and before.startswith("BATCH") and "BATCH" not in device):
        found.add("batching off")
    if remedy.get("auto_batching") == "yes" or device.startswith("BATCH"):
        found.add("batching on")
    if "batch_timeout_ms" in remedy:
        found.add("batch timeout")
    for name, now in (("nireq", settings.get("nireq") or 0),):
        if name in remedy and now:
            found.add("more at once" if remedy[name] > now else "fewer at once")
    if 0 < remedy.get("rate", 0) < settings.get("rate", 0):
        found.add("lower rate")
    if remedy.get("hint") == "throughput":
        found.add("more at once")
    if remedy.get("hint") == "latency":
        found.add("fewer at once")
    return found
