"""The runtime graph of a compiled model, and which of its layers an entry of the profile belongs to.

On the CPU a profile has the graph's names, and operations that went into another layer besides. On a GPU two layers of
the graph may have one name, and the profile has other names for some: 'reorder_input_convolution:Conv' of the graph's
'Conv', and 'Softmax_40' of its 'Result_41'."""

from __future__ import annotations

import math
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import openvino as ov

from ovtui.engine.layers.sync_request import ProfileEntry

NOT_EXECUTED = "not_executed"
"""What OpenVINO writes for a layer without a time."""
_TIME = "execTimeMcs"
_WITHOUT_TIME = ("Const", "Input", "Output", "Result")


@dataclass(frozen=True, slots=True)
class GraphLayer:
    node: ov.Node
    name: str
    type: str
    exec_type: str
    precision: str
    original_names: list[str]
    order: int
    """As the graph has it: two layers may have the same."""
    time_us: int | None = None
    """Its time when the graph was read, a mean since the engine's start; None where it was not executed."""


def graph_layers(graph: ov.Model) -> list[GraphLayer]:
    """In the order of execution."""
    found = []
    for at, node in enumerate(graph.get_ordered_ops()):
        about = {key: _text(value) for key, value in node.get_rt_info().items()}
        order = about.get("execOrder", "")
        found.append(
            GraphLayer(
                node,
                node.get_friendly_name(),
                about.get("layerType") or node.get_type_name(),
                about.get("primitiveType", ""),
                _known(about.get("runtimePrecision", "")),
                [name for name in about.get("originalLayersNames", "").split(",") if name],
                int(order) if order.isdecimal() else at,
                int(told) if (told := about.get(_TIME, "")).isdecimal() else None,
            )
        )
    return sorted(found, key=lambda layer: layer.order)


def request_bytes(graph: ov.Model) -> int:
    """What a request takes at least, of tensors whose size is known: two of the largest one, as in a layer that keeps
    its input's size."""
    known = [out for node in graph.get_ordered_ops() for out in node.outputs() if out.get_partial_shape().is_static]
    return 2 * max((math.prod(out.get_shape()) * out.get_element_type().size for out in known), default=0)


def _text(value: object) -> str:
    held = value.value if isinstance(value, ov.OVAny) else value
    return held if isinstance(held, str) else ""


def _known(precision: str) -> str:
    return "" if precision in ("undefined", "dynamic", "unspecified") else precision


def match(entries: Sequence[ProfileEntry], layers: Sequence[GraphLayer]) -> list[int | None]:
    """For each entry the index of its layer; None of an entry that the graph does not have. What tells more comes
    first: a name with its kernel before a name alone."""
    rules: list[Callable[[ProfileEntry, GraphLayer], bool]] = [
        lambda entry, layer: entry.name == layer.name and entry.exec_type == layer.exec_type,
        lambda entry, layer: entry.name.rpartition(":")[2] == layer.name and entry.exec_type == layer.exec_type,
        lambda entry, layer: entry.name in layer.original_names and entry.exec_type == layer.exec_type,
        lambda entry, layer: entry.name == layer.name,
    ]
    found: list[int | None] = [None] * len(entries)
    free = dict.fromkeys(range(len(layers)))
    for rule in rules:
        by_name: dict[str, list[int]] = {}
        for index in free:
            for name in {layers[index].name, *layers[index].original_names}:
                by_name.setdefault(name, []).append(index)
        for at, entry in enumerate(entries):
            if found[at] is not None:
                continue
            likely = [*by_name.get(entry.name, ()), *by_name.get(entry.name.rpartition(":")[2], ())]
            chosen = next((index for index in likely if index in free and rule(entry, layers[index])), None)
            if chosen is not None:
                found[at] = chosen
                del free[chosen]
    return found


def layers_untold(entries: Sequence[ProfileEntry], layers: Sequence[GraphLayer]) -> list[int]:
    """Layers that are executed and have no entry in the profile, by index: a GPU's profile tells one of two layers of
    the same name. What shares its place in the order with another one, as an output, has that one's time; and a time of
    a layer that has its name alone is that of one run at the start (CPU: the weights reordered)."""
    names = Counter(layer.name for layer in layers)
    matched = {index for index in match(entries, layers) if index is not None}
    told = {layers[index].order for index in matched}
    return [
        index
        for index, layer in enumerate(layers)
        if index not in matched
        and layer.order not in told
        and names[layer.name] > 1
        and layer.type not in _WITHOUT_TIME
    ]


def graph_xml(graph: ov.Model, times: Sequence[tuple[ov.Node, float | None]]) -> str:
    """The graph as XML with these times, us, in its attribute execTimeMcs. `times`: nodes of this very graph."""
    for node, time_us in times:
        node.get_rt_info()[_TIME] = NOT_EXECUTED if time_us is None else f"{time_us:.1f}".removesuffix(".0")
    with tempfile.TemporaryDirectory(prefix="ovtui-graph-") as folder:
        path = Path(folder) / "graph.xml"
        ov.serialize(graph, path, os.devnull)
        return _CHARACTER.sub(_allowed, path.read_text(encoding="utf-8", errors="replace"))


_CHARACTER = re.compile(r"&#(\d+);")


def _allowed(found: re.Match[str]) -> str:
    """XML has no control characters, not even by number, and OpenVINO writes those of a layer's name so."""
    return found[0] if int(found[1]) in (9, 10, 13) or int(found[1]) >= 32 else "\N{REPLACEMENT CHARACTER}"
