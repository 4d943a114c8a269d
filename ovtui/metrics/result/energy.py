"""What inferences cost and what disturbed them: builds it, and has it in words for the summary and the reports."""

from __future__ import annotations

from ovtui.metrics.digest import Digest
from ovtui.metrics.energy.power_figures import PowerFigures, source_text
from ovtui.metrics.energy.source_names import SOURCE_NAMES, WATTS, key_of
from ovtui.metrics.energy.unreadable import TO_OPEN, unreadable_texts
from ovtui.metrics.energy.watt_line import length_ns
from ovtui.metrics.groups.throughputs import S_DECIMALS
from ovtui.metrics.queries.power import run_power
from ovtui.metrics.result.energy_schema import DisturbanceResult, Energy, Idle, SourceEnergy, Sources
from ovtui.metrics.session.disturbances import Disturbance
from ovtui.metrics.session.machine_event_text import disturbance_text, idle_text
from ovtui.records.events import IdleMeasured

MOST_LISTED = 6
"""Disturbances that the summary lists, those that took most of the load; the JSON has them all."""


def energy_result(digest: Digest) -> Energy | None:
    """None where nothing is known of the machine's power: in recordings of an older ovtui."""
    known = digest.session_state.disturbances
    if known.power is None and not known.no_idle and not digest.telemetry.watts.by_name:
        return None
    return Energy(
        sources=sources_result(run_power(digest)),
        idle=None if known.idle is None else _idle(known.idle),
        no_idle=known.no_idle or None,
        counters=None if known.power is None else known.power.sources,
    )


def sources_result(figures: PowerFigures) -> Sources:
    found: Sources = {key_of(name): None for name in WATTS}
    for source in figures.sources:
        found[key_of(source.name)] = SourceEnergy(
            watts=source.watts,
            joules=source.joules,
            coverage=source.coverage,
            readings=source.readings,
            joules_per_inference=source.joules_per_inference,
            joules_per_item=source.joules_per_item,
            idle_watts=source.idle_watts,
            joules_per_inference_above_idle=source.above_idle,
        )
    return found


def _idle(event: IdleMeasured) -> Idle:
    return Idle(
        since_s=round(event.since_ns / 1e9, S_DECIMALS),
        until_s=round(event.t_ns / 1e9, S_DECIMALS),
        watts={key_of(name): value for name, value in event.watts.items()},
        reason=event.reason,
        model_loaded=event.loaded,
    )


def disturbances_result(digest: Digest, now_ns: int) -> list[DisturbanceResult]:
    """In the order in which they began."""
    times = digest.work().times
    load_s = length_ns(times) / 1e9
    return [
        _disturbance(span, span.seconds_in(times, now_ns), load_s) for span in digest.session_state.disturbances.spans
    ]


def _disturbance(span: Disturbance, seconds: float, load_s: float) -> DisturbanceResult:
    return DisturbanceResult(
        kind=span.kind,
        source=span.source,
        reasons=list(span.reasons),
        name=span.name or None,
        pid=span.pid or None,
        unseen=span.unseen,
        percent=span.percent,
        since_s=round(span.since_ns / 1e9, S_DECIMALS),
        until_s=None if span.until_ns is None else round(span.until_ns / 1e9, S_DECIMALS),
        load_s=round(seconds, S_DECIMALS),
        text=disturbance_text(span, seconds, load_s),
    )


# In words


def energy_texts(energy: Energy | None) -> list[str]:
    """What the summary says of energy, a text for each line; empty where the machine has no counter and nobody
    asked for one."""
    if energy is None:
        return []
    known = {SOURCE_NAMES[f"{key}_watts"]: source for key, source in energy.sources.items() if source is not None}
    texts = [_source_text(label, source) for label, source in known.items() if source.watts is not None]
    short = {label: source for label, source in known.items() if source.watts is None}
    if short:  # once for all of them
        texts.append(_source_text(", ".join(short), next(iter(short.values()))))
    return [*texts, *beside_texts(energy)]


def beside_texts(energy: Energy) -> list[str]:
    """What is said beside the figures of the sources: the idle machine, and what cannot be read."""
    idle, texts = energy.idle, []
    if idle is not None:
        watts = {f"{key}_watts": value for key, value in idle.watts.items()}
        event = IdleMeasured(t_ns=0, since_ns=0, watts=watts, reason=idle.reason, loaded=idle.model_loaded)
        texts.append(idle_text(event))
    elif energy.no_idle is not None:
        why = energy.no_idle.partition(TO_OPEN)[0]  # the line to type follows
        texts.append(f"the idle machine was not measured: {why}")
    return [*texts, *unreadable_texts(energy.counters or [])]


def _source_text(label: str, source: SourceEnergy) -> str:
    above = source.joules_per_inference_above_idle
    return source_text(
        label, source.watts, source.joules_per_inference, source.joules_per_item, above, source.coverage,
        source.readings,
    )  # fmt: skip


def disturbance_texts(found: list[DisturbanceResult]) -> list[str]:
    """What disturbed the load, the longest first; what lay outside of it is left out."""
    in_load = sorted((each for each in found if each.load_s > 0), key=lambda each: each.load_s, reverse=True)
    texts = [each.text for each in in_load[:MOST_LISTED]]
    more = len(in_load) - len(texts)
    return [*texts, f"and {more} more times"] if more > 0 else texts
