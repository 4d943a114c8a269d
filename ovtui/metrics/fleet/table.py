"""The table of a fleet as texts: the same columns for the terminal, the screen and the reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ovtui.metrics import number_format
from ovtui.metrics.fleet.box_figures import BoxFigures, box_figures
from ovtui.metrics.fleet.fleet_row import FleetRow as FleetRow
from ovtui.metrics.fleet.fleet_row import Key as Key
from ovtui.metrics.fleet.fleet_row import Severity as Severity
from ovtui.metrics.fleet.kinds import UNKNOWN_KIND, kind_of
from ovtui.metrics.fleet.name_order import name_order
from ovtui.metrics.fleet.odd_one import OddOne, odd_ones
from ovtui.records.fleet import FINAL_PHASES, INTERRUPTED_CODE, LIMIT_MISSED_CODE, BoxState
from ovtui.settings.shown_text import shown

_SHORT_FIGURES = {"throughput": "rate", "p50": "p50", "p99": "p99"}


@dataclass(frozen=True, slots=True)
class FleetColumn:
    key: Key
    heading: str
    short: str
    """Where there is less room."""
    drop_rank: int
    """Where there is no room, the column of the highest rank goes first; 0 never goes."""
    left: bool = False


COLUMNS = (
    FleetColumn("box", "box", "box", 0, left=True),
    FleetColumn("kind", "kind", "kind", 9, left=True),
    FleetColumn("phase", "phase", "phase", 0, left=True),
    FleetColumn("device", "device", "device", 3, left=True),
    FleetColumn("rate", "req/s", "/s", 0),
    FleetColumn("p50", "p50 ms", "p50", 2),
    FleetColumn("p99", "p99 ms", "p99", 0),
    FleetColumn("handover", "handover", "switch", 6),
    FleetColumn("batch", "batched", "batch", 7),
    FleetColumn("errors", "errors", "err", 5),
    FleetColumn("temperature", "°C", "°C", 8),
    FleetColumn("odd", "differs", "differs", 0, left=True),
)
COLUMN = {column.key: column for column in COLUMNS}


def fleet_rows(states: Sequence[BoxState], odd: Mapping[str, OddOne] | None = None) -> list[FleetRow]:
    """Sorted by kind and name. `odd`: what `odd_ones` found, where that is known already."""
    found = odd_ones(states) if odd is None else odd
    rows = [_row(state, found.get(state.name)) for state in states]
    return sorted(rows, key=lambda row: (row.cells["kind"] == UNKNOWN_KIND, row.cells["kind"], name_order(row.name)))


def odd_mark(odd: OddOne | None, *, short: bool = False) -> str:
    """'+34 % p99', '-25 % throughput' ('-25 % rate'); empty for a box that is like the others."""
    if odd is None:
        return ""
    return f"{number_format.plain_change(odd.ratio)} {_SHORT_FIGURES[odd.figure] if short else odd.figure}"


def phase_text(state: BoxState, *, short: bool = False) -> str:
    """'running', 'fetching 45 %', 'silent 5 s', 'limit missed'."""
    if state.phase == "done":
        words = {LIMIT_MISSED_CODE: ("limit missed", "missed"), INTERRUPTED_CODE: ("interrupted", "broken off")}
        return words.get(state.code or 0, ("done", "done"))[short]
    if state.phase == "failed":
        return "failed"
    if state.silent_s is not None:
        return f"silent {state.silent_s:.0f} s"
    if state.phase == "fetching" and state.recording_bytes:
        return f"fetching {min(100 * state.fetched_bytes // state.recording_bytes, 100)} %"
    if state.phase == "running" and state.now is not None and state.now.phase == "starting":
        return "compiling"
    return state.phase


def _row(state: BoxState, odd: OddOne | None) -> FleetRow:
    figures = box_figures(state)
    cells: dict[Key, str] = {
        "box": shown(state.name),
        "kind": kind_of(state),
        "phase": phase_text(state),
        "odd": odd_mark(odd),
        **figure_cells(figures),
    }
    short = {**cells, "phase": phase_text(state, short=True), "odd": odd_mark(odd, short=True)}
    values: dict[Key, float | str | None] = {
        "box": state.name,
        "kind": cells["kind"] if cells["kind"] != UNKNOWN_KIND else None,
        "phase": cells["phase"],
        "device": figures.device,
        "rate": figures.throughput,
        "p50": figures.p50_ms,
        "p99": figures.p99_ms,
        "handover": figures.handover_s,
        "batch": figures.batch_share,
        "errors": figures.errors,
        "temperature": figures.temperature_c,
        "odd": None if odd is None else odd.ratio if odd.ratio >= 1 else 1 / odd.ratio,
    }
    return FleetRow(state.name, _severity(state, odd), cells, short, values, odd, shown(state.text))


def figure_cells(figures: BoxFigures) -> dict[Key, str]:
    """The cells of the columns from device to temperature."""
    return {
        "device": shown(figures.device or number_format.UNKNOWN),
        "rate": number_format.rate(figures.throughput),
        "p50": number_format.milliseconds(figures.p50_ms),
        "p99": number_format.milliseconds(figures.p99_ms),
        "handover": number_format.seconds(figures.handover_s),
        "batch": number_format.share(figures.batch_share),
        "errors": number_format.count(figures.errors),
        "temperature": number_format.reading(figures.temperature_c),
    }


def _severity(state: BoxState, odd: OddOne | None) -> Severity:
    if state.phase == "failed":
        return "failed"
    if state.silent_s is not None and state.phase not in FINAL_PHASES:
        return "silent"
    return "odd" if odd is not None else ""
