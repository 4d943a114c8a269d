"""How an engine came up: a small timeline of its process, the stand-in and the accelerator."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, line_of
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.metrics.handover.startup import StartupTimeline

_LABEL_WIDTH = 9
_STEPS_S = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_MIN_TICK_CELLS = 10
_AXIS_HEADROOM = 1.25
"""Of the last moment: where the axis ends."""


@dataclass(frozen=True, slots=True)
class StartupBar:
    """A bar of a lane, in ms from the process's start; `end_ms` None: it goes on."""

    start_ms: float
    end_ms: float | None
    words: str
    style: str


class StartupPanel(Panel):
    """Six lines: what it is of, three lanes, the axis, and the moments in words."""

    _timeline: StartupTimeline | None = None
    _now_ms = 0.0
    _other_engines = False

    def show(self, timeline: StartupTimeline | None, now_ns: int, *, more: bool) -> None:
        """`more`: there are other engines to look at."""
        self._timeline, self._other_engines = timeline, more
        self._now_ms = timeline.since_spawn_ms(now_ns) or 0.0 if timeline is not None else 0.0
        self.redraw()

    def draw(self, width: int) -> Content:
        line = self._timeline
        if line is None:
            return Content.styled(" no engine yet", "$dim")
        lanes = startup_lanes(line)
        end_ms = self._end_ms(line)
        room = max(width - _LABEL_WIDTH - 2, 10)
        more = f"   {keys_of(self).first('other-engine')} other engines" if self._other_engines else ""
        lines: list[list[Piece]] = [
            [(" START-UP", "bold"), (f"  engine {line.engine}, s from its process's start{more}", "$dim")],
            *([(f" {name:<{_LABEL_WIDTH}}", "$dim"), *_draw_bars(spans, room, end_ms)] for name, spans in lanes),
            [(f" {'':<{_LABEL_WIDTH}}", ""), (_axis_text(room, end_ms), "$dim")],
            _moments_line(line, width),
        ]
        return Content("\n").join(line_of(pieces).truncate(width) for pieces in lines)

    def _end_ms(self, line: StartupTimeline) -> float:
        """Where the axis ends: a little after the last moment, or now while something is still to come."""
        moments = (
            *(line.model_read_ns, line.ready_ns, line.first_inference_ns, line.compiled_ns, line.failed_ns),
            *(line.changed_ns, line.stayed_ns, line.first_served_ns, line.released_ns),
        )
        last_ms = max((line.since_spawn_ms(moment) or 0.0 for moment in moments), default=0.0)
        waiting = line.ready_ns is None or (
            line.stand_in_ready_ns is not None and line.changed_ns is None and line.failed_ns is None
        )
        return max(self._now_ms if waiting else last_ms * _AXIS_HEADROOM, 100.0)


def startup_lanes(line: StartupTimeline) -> list[tuple[str, list[StartupBar]]]:
    """Three of them: the process, the CPU, the accelerator."""
    at = line.since_spawn_ms
    process = [StartupBar(0.0, at(line.model_read_ns), "model", "$accent")]
    called_ms = at(line.compile_called_ns if line.compile_called_ns is not None else line.model_read_ns)
    if called_ms is not None:
        process.append(StartupBar(called_ms, at(line.ready_ns), "compile_model", "$accent"))
    if line.together:
        serve = [StartupBar(at(line.ready_ns) or 0.0, None, "one of several", "$accent")]
        others = [(name, serve) for name in line.together if name != "CPU"]
        return [("engine", process), ("CPU", serve if "CPU" in line.together else []), *others[:1]]
    cpu: list[StartupBar] = []
    gone_ns = next((t for t in (line.changed_ns, line.stayed_ns, line.released_ns) if t is not None), None)
    if line.stand_in_ready_ns is not None:
        cpu.append(StartupBar(at(line.stand_in_ready_ns) or 0.0, at(gone_ns), "stands in", "$warning"))
        if gone_ns is not None and line.changed_ns is None and line.failed_ns is not None:
            cpu.append(StartupBar(at(gone_ns) or 0.0, None, "stays", "$primary"))
    elif line.ready_ns is not None and line.first_served_ns is None and line.compiling_ns is None:
        cpu.append(StartupBar(at(line.ready_ns) or 0.0, None, "serves", "$primary"))
    accelerator: list[StartupBar] = []
    if line.compiling_ns is not None:
        ended_ns = line.compiled_ns if line.compiled_ns is not None else line.failed_ns
        words = "compiles" if line.failed_ns is None else "fails to compile"
        if line.accelerator_compile_ms is not None:
            words = f"compiled in {line.accelerator_compile_ms / 1e3:,.2f} s"
        accelerator.append(StartupBar(at(line.compiling_ns) or 0.0, at(ended_ns), words, "$success"))
    serves_ns = line.changed_ns if line.changed_ns is not None else line.first_served_ns
    if serves_ns is not None:
        accelerator.append(StartupBar(at(serves_ns) or 0.0, None, "serves", "bold $success"))
    return [("engine", process), ("CPU", cpu), (line.accelerator or "device", accelerator)]


def _draw_bars(spans: list[StartupBar], room: int, end_ms: float) -> list[Piece]:
    """Bars between ├ and ┤ with their words inside where they fit, behind them where they do not."""
    pieces: list[Piece] = []
    used = 0
    for index, span in enumerate(spans):
        start = max(min(round(span.start_ms / end_ms * room), room - 1), used)
        end = room if span.end_ms is None else max(min(round(span.end_ms / end_ms * room), room), start + 1)
        limit = round(spans[index + 1].start_ms / end_ms * room) if index + 1 < len(spans) else room
        text = _bar_text(end - start, span.words, open_end=span.end_ms is None)
        if span.words not in text and end + 1 + len(span.words) < limit:
            text += f" {span.words}"
        pieces += [(" " * (start - used), ""), (text, span.style)]
        used = start + len(text)
    return pieces


def _bar_text(length: int, words: str, *, open_end: bool) -> str:
    if length < 3:
        return "├┤"[:length]
    inner, last = length - 2, "→" if open_end else "┤"
    label = f" {words} " if len(words) + 2 <= inner else ""
    left = (inner - len(label)) // 2
    return f"├{'─' * left}{label}{'─' * (inner - left - len(label))}{last}"


def _axis_text(room: int, end_ms: float) -> str:
    end_s = end_ms / 1e3
    step_s = next((step for step in _STEPS_S if end_s / step * _MIN_TICK_CELLS <= room), _STEPS_S[-1])
    cells = [" "] * room
    for index in range(int(end_s / step_s) + 1):
        label = f"{index * step_s:g}"
        place = round(index * step_s / end_s * room)
        if place + len(label) <= room:
            cells[place : place + len(label)] = label
    return "".join(cells)


def _moments_line(line: StartupTimeline, width: int) -> list[Piece]:
    """As many as fit, the most telling first."""
    served = f"first by {line.accelerator}" if line.accelerator else "first by the device"
    known = (
        ("first inference", line.first_inference_ns),
        ("handover", line.changed_ns),
        (served, line.first_served_ns),
        ("compile failed", line.failed_ns),
        ("stand-in released", line.released_ns),
    )
    pieces: list[Piece] = []
    used = 0
    for name, moment_ns in known:
        since_ms = line.since_spawn_ms(moment_ns)
        if since_ms is None:
            continue
        value = f"{since_ms / 1e3:,.2f}"
        if used + len(name) + len(value) + 3 > width:
            break
        pieces += [(f" {name} ", "$dim"), (f"{value} ", "")]
        used += len(name) + len(value) + 3
    return pieces
