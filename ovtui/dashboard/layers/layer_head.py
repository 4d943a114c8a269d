"""The lines above the layers: of which device they are, what an inference takes with profiling and without, what the
layers explain of it; before anything was profiled what the view is for."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.cells import cell_len
from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut, first_that_fits, line_of, one_line
from ovtui.dashboard.keys.keymap import KeyBindings, keys_of
from ovtui.dashboard.layers.layer_runs import LayerRun
from ovtui.metrics import number_format
from ovtui.metrics.session import study_text
from ovtui.metrics.session.layers_state import DeviceLayers, device_text
from ovtui.records.layers import LayersHead, Spread
from ovtui.records.study_events import LayersSpec


@dataclass(frozen=True, slots=True)
class HeadText:
    name: str
    place: str = ""
    """'2 of 3'; empty for the only one."""
    lines: list[list[str]] = field(default_factory=list)
    """Each in its forms, from the longest to the shortest."""
    style: str = ""
    """Of the first one of them."""


class LayerHead(Panel):
    _text = HeadText("")

    def show(self, text: HeadText) -> None:
        self._text = text
        self.redraw()

    def draw(self, width: int) -> Content:
        text, keys = self._text, keys_of(self)
        head = (" LAYERS", "bold")
        others = f"   {keys.first('layers-back')}/{keys.first('layers-after')} the others" if text.place else ""
        named: list[Piece] = [head, (f" {text.place}".rstrip(), "bold"), (f"  {cut(text.name, width - 18)}", "")]
        first = first_that_fits([[*named, (others, "$dim")], named], width)
        lines = [line_of(first).truncate(width, ellipsis=True)]
        for number, forms in enumerate(text.lines):
            style = text.style if not number else "$dim" if number > 1 else ""
            told = next((form for form in forms if cell_len(form) < width - 1), forms[-1])
            lines += Content.styled(told, style).wrap(max(width - 2, 10))
        return Content("\n").join([lines[0], *(Content(" ") + line for line in lines[1:])][: max(self.size.height, 1)])


def empty_text(
    keys: KeyBindings, device: str, model: str, *, replayed: bool, read_only: bool, ended: bool = False
) -> HeadText:
    """Before anything was profiled. `device`: on which a key profiles; empty where none serves. `ended`: the load."""
    if replayed:
        return HeadText("none were profiled up to this moment of the recording")
    if ended:
        return HeadText("none were profiled in this session, and its load has ended")
    if read_only:
        text = "Whoever owns the session can profile the layers: they are shown here then, while they are measured."
        return HeadText("none profiled in this session yet", lines=[[text]])
    named = f" of {one_line(model)} on {one_line(device)}" if device else ""
    begin, on = keys.first("layers-begin"), keys.first("layers-on")
    return HeadText(
        "none profiled in this session yet",
        lines=[
            [
                f"{begin} measures how long each layer{named} takes: an engine with profiling takes turns with one "
                "without."
            ],
            ["The load of this session rests meanwhile, so that neither disturbs the other, and goes on after it."],
            [f"{on} asks for devices: the layers of two of them stand side by side."],
        ],
    )  # fmt: skip


def run_text(run: LayerRun, place: str, now_ns: int) -> HeadText:
    spec, study = run.study.began.spec, run.study
    assert isinstance(spec, LayersSpec)
    name = f"{one_line(spec.settings.model)} on {' beside '.join(map(one_line, run.devices))}"
    if run.is_pair:
        return HeadText(name, place, [_in_brief(layers) for layers in run.layers])
    (layers,) = run.layers
    if layers.head is not None:
        return HeadText(_name(layers.head), place, _measured(layers.head), "bold")
    if study.ended is None:
        so_far = f"so far {number_format.quantity(len(layers.by_order), 'layer')}" if layers.by_order else ""
        return HeadText(name, place, [[one_line(study_text.progress_text(study, now_ns))], [so_far]], "bold")
    ending = one_line(study_text.ending_text(study))
    style = "bold $warning" if study.ended.reason == "failed" else "bold"
    left = "what was measured until then, without what stands beside the layers" if layers.by_order else ""
    return HeadText(name, place, [[ending], [left]], style)


def _in_brief(layers: DeviceLayers) -> list[str]:
    """A device beside another one."""
    name, head = one_line(layers.device), layers.head
    if head is None:
        return [one_line(device_text(layers))]
    untouched, profiled = _ms(head.untouched_us.median), _ms(head.profiled_us.median)
    total, rest = _ms(head.layers_us.median), _ms(head.unexplained_us.median)
    costs = f"profiling costs {_cost_text(head.cost)}"
    explained = f"its layers are {total} ms, {rest} ms are unexplained"
    return [
        f"{name}: an inference takes {untouched} ms untouched, {profiled} ms profiled ({costs}); {explained}",
        f"{name}: untouched {untouched} ms, profiled {profiled} ms, layers {total} ms, unexplained {rest} ms",
        f"{name}: untouched {untouched}, profiled {profiled}, layers {total} ms",
    ]


def _name(head: LayersHead) -> str:
    execution = "" if head.execution_device in (head.device, "") else f" ({one_line(head.execution_device)})"
    full = f"  {one_line(head.full_name)}" if head.full_name else ""
    counted = number_format.quantity(head.inferences, "inference")
    return f"{one_line(head.model)} on {one_line(head.device)}{execution}{full}  {counted}"


def _measured(head: LayersHead) -> list[list[str]]:
    untouched, profiled = _ms(head.untouched_us.median), _ms(head.profiled_us.median)
    cost = _cost_text(head.cost)
    layers, rest = _ms(head.layers_us.median), _ms(head.unexplained_us.median)
    share = _share(head.unexplained_us.median, head.profiled_us.median)
    beside = "layers run beside each other" if head.unexplained_us.median < 0 else ""
    lines = [
        [
            f"an inference takes {untouched} ms untouched {_range(head.untouched_us)}, {profiled} ms profiled "
            f"{_range(head.profiled_us)}: profiling costs {cost}",
            f"untouched {untouched} ms, profiled {profiled} ms: profiling costs {cost}",
            f"untouched {untouched}, profiled {profiled} ms: {cost}",
        ],
        [
            f"its layers are {layers} ms {_range(head.layers_us)}, {rest} ms {_range(head.unexplained_us)} are "
            f"unexplained{share}{beside and f': {beside}'}",
            f"sum of the layers {layers} ms, unexplained {rest} ms{share}{beside and f': {beside}'}",
            f"sum {layers} ms, unexplained {rest} ms",
        ],
    ]
    return [*lines, *([one_line(note)] for note in head.notes)]


def _cost_text(cost: list[float]) -> str:
    """'+9.1 % (8.2 to 10.1 %)'."""
    return number_format.change(cost[0], cost[1], cost[2]) if len(cost) == 3 else "an unknown share: too few turns"


def _range(spread: Spread) -> str:
    return f"({_ms(spread.p5)} to {_ms(spread.p95)})"


def _ms(value_us: float) -> str:
    """Below 0 with its sign."""
    text = number_format.milliseconds(abs(value_us) / 1e3)
    return text if value_us >= 0 else f"-{text}"


def _share(part: float, whole: float) -> str:
    return f" ({number_format.share(part / whole)})" if part > 0 and whole > 0 else ""
