"""The start-up of an engine: a timeline with a lane each for its process, the CPU and the accelerator."""

from __future__ import annotations

from dataclasses import dataclass, replace

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut_middle, line_of, one_line
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.metrics import number_format
from ovtui.metrics.handover.startup import StartupTimeline
from ovtui.records.device_codes import STAND_IN, name_of

_LABEL_WIDTH = 9
_STEPS_S = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_MIN_TICK_CELLS = 10
_AXIS_HEADROOM = 1.25
"""Length of the axis as a multiple of the last moment."""


@dataclass(frozen=True, slots=True)
class StartupBar:
    """A bar of a lane, in ms from the process's start. `end_ms` is None for a bar that goes on."""

    start_ms: float
    end_ms: float | None
    label: str
    style: str


class StartupPanel(Panel):
    """Six lines at most: heading, three lanes, axis, and the moments as numbers."""

    _timeline: StartupTimeline | None = None
    _now_ms = 0.0
    _other_engines = False

    def show(self, timeline: StartupTimeline | None, now_ns: int, *, more: bool) -> None:
        """`more`: the session has other engines to look at."""
        self._timeline, self._other_engines = timeline, more
        self._now_ms = timeline.since_spawn_ms(now_ns) or 0.0 if timeline is not None else 0.0
        self.redraw()

    def draw(self, width: int) -> Content:
        timeline = self._timeline
        if timeline is None:
            return Content.assemble((" START-UP", "bold"), ("  –", "$dim"))
        lanes = startup_lanes(timeline)
        end_ms = self._end_ms(timeline)
        room = max(width - _LABEL_WIDTH - 2, 10)
        more = f"   {keys_of(self).first('other-engine')} other engines" if self._other_engines else ""
        lines: list[list[Piece]] = [
            [(" START-UP", "bold"), (f"  engine {timeline.engine}, s from its process's start{more}", "$dim")],
            *([(_lane_name(name), "$dim"), *_draw_bars(bars, room, end_ms)] for name, bars in lanes),
            [(f" {'':<{_LABEL_WIDTH}}", ""), (_axis_text(room, end_ms), "$dim")],
            _moments_line(timeline, width),
        ]
        return Content("\n").join(line_of(pieces).truncate(width) for pieces in lines)

    def _end_ms(self, timeline: StartupTimeline) -> float:
        """End of the axis: a little after the last moment, or now while start-up goes on."""
        moments = (
            *(timeline.model_read_ns, timeline.ready_ns, timeline.first_inference_ns, timeline.compiled_ns),
            *(timeline.failed_ns, timeline.changed_ns, timeline.stayed_ns, timeline.first_served_ns),
            timeline.released_ns,
        )
        last_ms = max((timeline.since_spawn_ms(moment) or 0.0 for moment in moments), default=0.0)
        waiting = timeline.ready_ns is None or (
            timeline.stand_in_ready_ns is not None and timeline.changed_ns is None and timeline.failed_ns is None
        )
        return max(self._now_ms if waiting else last_ms * _AXIS_HEADROOM, 100.0)


def _lane_name(name: str) -> str:
    return f" {cut_middle(one_line(name), _LABEL_WIDTH):<{_LABEL_WIDTH}}"


def startup_lanes(timeline: StartupTimeline) -> list[tuple[str, list[StartupBar]]]:
    """Name and bars of the lanes: the process, the CPU, the accelerator if there is one. Of an engine that is gone no
    bar goes on."""
    end_ms = timeline.since_spawn_ms(timeline.exited_ns)
    return [(name, [_ended(bar, end_ms) for bar in bars]) for name, bars in _lanes(timeline)]


def _ended(bar: StartupBar, end_ms: float | None) -> StartupBar:
    if end_ms is None or bar.end_ms is not None:
        return bar
    return replace(bar, end_ms=end_ms, label={"serves": "served", "stays": "stayed"}.get(bar.label, bar.label))


def _lanes(timeline: StartupTimeline) -> list[tuple[str, list[StartupBar]]]:
    at = timeline.since_spawn_ms
    process = [StartupBar(0.0, at(timeline.model_read_ns), "model", "$several")]
    called_ms = at(timeline.compile_called_ns if timeline.compile_called_ns is not None else timeline.model_read_ns)
    if called_ms is not None:
        process.append(StartupBar(called_ms, at(timeline.ready_ns), "compile_model", "$several"))
    if timeline.together:
        serve = [StartupBar(at(timeline.ready_ns) or 0.0, None, "one of several", "$several")]
        others = [(name, serve) for name in timeline.together if name != "CPU"]
        return [("engine", process), ("CPU", serve if "CPU" in timeline.together else []), *others[:1]]
    cpu: list[StartupBar] = []
    gone_ns = next((t for t in (timeline.changed_ns, timeline.stayed_ns, timeline.released_ns) if t is not None), None)
    if timeline.stand_in_ready_ns is not None:
        cpu.append(StartupBar(at(timeline.stand_in_ready_ns) or 0.0, at(gone_ns), name_of(STAND_IN), "$stand-in"))
        if gone_ns is not None and timeline.changed_ns is None and timeline.failed_ns is not None:
            cpu.append(StartupBar(at(gone_ns) or 0.0, None, "stays", "$cpu"))
    elif timeline.ready_ns is not None and timeline.first_served_ns is None and timeline.compiling_ns is None:
        cpu.append(StartupBar(at(timeline.ready_ns) or 0.0, None, "serves", "$cpu"))
    accelerator: list[StartupBar] = []
    if timeline.compiling_ns is not None:
        # AUTO's log may lack the end of the compile; who serves has compiled.
        ends = (timeline.compiled_ns, timeline.failed_ns, timeline.changed_ns)
        ended_ns = next((t for t in ends if t is not None), None)
        label = "compiles" if timeline.failed_ns is None else "fails to compile"
        if timeline.accelerator_compile_ms is not None:
            label = f"compiled in {number_format.seconds(timeline.accelerator_compile_ms / 1e3)}"
        accelerator.append(StartupBar(at(timeline.compiling_ns) or 0.0, at(ended_ns), label, "$accelerator"))
    serves_ns = timeline.changed_ns if timeline.changed_ns is not None else timeline.first_served_ns
    if serves_ns is not None:
        accelerator.append(StartupBar(at(serves_ns) or 0.0, None, "serves", "bold $accelerator"))
    lanes = [("engine", process), ("CPU", cpu)]
    # Without an accelerator, as is known when the model is compiled, its lane would be an empty line.
    if timeline.accelerator or timeline.ready_ns is None:
        lanes.append((timeline.accelerator or "device", accelerator))
    return lanes


def _draw_bars(bars: list[StartupBar], room: int, end_ms: float) -> list[Piece]:
    """Bars from ├ to ┤; a label stands inside its bar where it fits, else behind it where there is room."""
    pieces: list[Piece] = []
    used = 0
    for index, bar in enumerate(bars):
        start = max(min(round(bar.start_ms / end_ms * room), room - 1), used)
        end = room if bar.end_ms is None else max(min(round(bar.end_ms / end_ms * room), room), start + 1)
        limit = round(bars[index + 1].start_ms / end_ms * room) if index + 1 < len(bars) else room
        text = _bar_text(end - start, bar.label, open_end=bar.end_ms is None)
        if bar.label not in text and end + 1 + len(bar.label) < limit:
            text += f" {bar.label}"
        pieces += [(" " * (start - used), ""), (text, bar.style)]
        used = start + len(text)
    return pieces


def _bar_text(length: int, label: str, *, open_end: bool) -> str:
    if length < 3:
        return "├┤"[:length]
    inner, last = length - 2, "→" if open_end else "┤"
    text = f" {label} " if len(label) + 2 <= inner else ""
    left = (inner - len(text)) // 2
    return f"├{'─' * left}{text}{'─' * (inner - left - len(text))}{last}"


def _axis_text(room: int, end_ms: float) -> str:
    end_s = end_ms / 1e3
    step_s = next((step for step in _STEPS_S if end_s / step * _MIN_TICK_CELLS <= room), _STEPS_S[-1])
    cells = [" "] * room
    for index in range(int(end_s / step_s) + 1):
        label = number_format.significant(index * step_s, 6)
        x = round(index * step_s / end_s * room)
        if x + len(label) <= room:
            cells[x : x + len(label)] = label
    return "".join(cells)


def _moments_line(timeline: StartupTimeline, width: int) -> list[Piece]:
    """The moments in s, as many as fit, the most important first."""
    served = f"first by {one_line(timeline.accelerator)}" if timeline.accelerator else "first by the device"
    known = (
        ("first inference", timeline.first_inference_ns),
        ("handover", timeline.changed_ns),
        (served, timeline.first_served_ns),
        ("compile failed", timeline.failed_ns),
        (f"{name_of(STAND_IN)} released", timeline.released_ns),
    )
    pieces: list[Piece] = []
    used = 0
    for name, moment_ns in known:
        since_ms = timeline.since_spawn_ms(moment_ns)
        if since_ms is None:
            continue
        value = number_format.seconds_without_unit(since_ms / 1e3)
        if used + len(name) + len(value) + 3 > width:
            break
        pieces += [(f" {name} ", "$dim"), (f"{value} ", "")]
        used += len(name) + len(value) + 3
    return pieces
