"""What a rank found, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.metrics import number_format
from ovtui.metrics.rank.order import Order
from ovtui.metrics.rank.schema import RankRow
from ovtui.metrics.sweep.goals import GOALS
from ovtui.records.study_events import DeviceAgreement
from ovtui.settings.listing import first_few, joined

_MOST_NAMED = 3


def answer_text(
    rows: Sequence[RankRow],
    order: Order,
    agreements: Sequence[DeviceAgreement],
    slo: str = "",
    *,
    closed_loop: bool = True,
) -> str:
    """'fastest: GPU.0 throughput, 812.0/s; least latency: CPU latency, p99 4.20 ms; GPU.0 agrees with the CPU within
    2e-4'. `slo`: the limits that rows may hold. `closed_loop`: else throughput is at most the rate, of all of them."""
    by_point = {row.point: row for row in rows}
    if not rows:
        return "nothing was measured"
    if not order.by_throughput:
        return f"none of {len(rows)} could be served; the first reason: {rows[0].reason}"
    fastest = by_point[order.by_throughput[0]]
    parts = [f"fastest: {_name(fastest)}, {GOALS['throughput'].text(fastest.throughput)}{_doubt(order.tied, by_point)}"]
    if not closed_loop and len(order.tied) == len(order.by_throughput):
        parts = [f"each keeps the rate, {GOALS['throughput'].text(fastest.throughput)}"]
    if order.by_latency:
        quickest = by_point[order.by_latency[0]]
        value = quickest.p99_ms if order.latency.name == "p99" else quickest.p50_ms
        parts.append(
            f"least latency: {_name(quickest)}, {order.latency.name} {order.latency.text(value)}"
            f"{_doubt(order.tied_latency, by_point)}"
        )
    if slo and fastest.outcome != "held":
        held = next((row for number in order.by_throughput if (row := by_point[number]).outcome == "held"), None)
        holding = "none is known to" if held is None else f"{_name(held)}, {GOALS['throughput'].text(held.throughput)}"
        parts.append(f"{holding} hold {slo}" if held is None else f"fastest that holds {slo}: {holding}")
    parts += [agreement_text(each) for each in agreements]
    refused = dict.fromkeys(row.device for row in rows if row.place is None)
    served = {row.device for row in rows if row.place is not None}
    whole = [device for device in refused if device not in served]
    if whole:
        parts.append(f"not served: {first_few(whole, _MOST_NAMED)}")
    return "; ".join(parts)


def agreement_text(found: DeviceAgreement) -> str:
    """'GPU.0 agrees with the CPU within 2e-4'."""
    if found.why and not found.verdict:
        return f"whether {found.device} agrees with the CPU is not known: {found.why}"
    largest = "" if found.max_relative is None else f" {number_format.tiny(found.max_relative)}"
    within = "" if found.max_relative is None else f" within{largest}"
    match found.verdict:
        case "agree" if found.max_relative == 0:
            return f"{found.device} agrees with the CPU exactly"
        case "agree":
            return f"{found.device} agrees with the CPU{within}"
        case "precision":
            return f"{found.device} differs from the CPU by{largest or ' some'}, by its precision: in f32 they agree"
        case "fault":
            return f"{found.device} DIFFERS from the CPU by{largest or ' some'}, in f32 too: ovtui verify says where"
    why = f": {found.why}" if found.why else ""
    return f"{found.device} differs from the CPU by{largest or ' some'}, and whether by its precision is not known{why}"


def agreement_cell(row: RankRow) -> str:
    """'agree 2e-4', 'exact', for a table; '–' where nothing is known."""
    if row.agreement is None:
        on_cpu = row.place is not None and row.execution_devices in (["CPU"], ["(CPU)"])
        return "is CPU" if on_cpu else number_format.UNKNOWN
    if row.agreement == "agree" and row.max_relative == 0:
        return "exact"
    word = "FAULT" if row.agreement == "fault" else row.agreement
    return word if row.max_relative is None else f"{word} {number_format.tiny(row.max_relative)}"


def _name(row: RankRow) -> str:
    return f"{row.device} {row.hint}"


def _doubt(tied: Sequence[int], by_point: dict[int, RankRow]) -> str:
    others = [_name(by_point[number]) for number in tied[1:]]
    if not others:
        return ""
    named = joined(others) if len(others) <= _MOST_NAMED else first_few(others, _MOST_NAMED)
    return f" (cannot be told from {named})"
