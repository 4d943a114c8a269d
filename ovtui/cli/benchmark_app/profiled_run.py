"""The counters of the layers, for -pc, -pcsort, -report_type and -exec_graph_path: of a second, profiled engine that
runs after the timed one, which is never profiled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ovtui.cli.benchmark_app import counters as forms
from ovtui.cli.benchmark_app.counters import Counter
from ovtui.cli.benchmark_app.outputs import WITH_COUNTERS, Written
from ovtui.cli.benchmark_app.report import report_path
from ovtui.cli.benchmark_app.their_flags import in_their_flags
from ovtui.cli.benchmark_app.translation import Translation
from ovtui.cli.exits import notify
from ovtui.cli.layers_progress import layers_progress
from ovtui.records.layers import Layers, LayerTimes
from ovtui.settings.changes import with_changes
from ovtui.settings.device_names import candidates, explicit_batch_size, virtual_of
from ovtui.settings.port_values import parse_port_values, quoted
from ovtui.settings.schema.groups.inputs import FROM_FILES
from ovtui.settings.schema.settings import Settings

UNDEFINED = "undef"
"""As OpenVINO writes it of a layer that has no kernel."""


def profiled_run(translation: Translation, written: Written, nireq: int) -> None:
    """Prints and writes them; where the layers cannot be profiled, says so. Blocks, for 300 s at most. `nireq`: infer
    requests of the timed run."""
    from ovtui.host.layers_profiler import NotProfiled, profile_layers

    arguments = translation.arguments
    notify("the load is over; a second, profiled engine measures the layers")
    detailed = arguments.report_type == "detailed_counters"
    graph_path = arguments.exec_graph_path
    settings = profiled_settings(translation.settings)
    try:
        with layers_progress(settings.device) as on_step:
            found = profile_layers(settings, graph=bool(graph_path), each=detailed, on_step=on_step)
    except NotProfiled as error:
        written.failures.append(f"no counters: {in_their_flags(str(error))}")
        return
    for note in found.head.notes:
        notify(in_their_flags(note))
    if graph_path and found.graph_xml:
        written.text(Path(graph_path), found.graph_xml, "Executable graph is stored to")
    mean = mean_counters(found)
    of_requests = counters_of_requests(found, nireq) if detailed else [mean]
    if not arguments.counters_asked:  # the graph alone
        return
    sorting = arguments.perf_counts_sort
    if sorting:
        print("\n".join(forms.sorted_lines(of_requests, sorting)))
        if arguments.report_type:
            make = forms.sorted_json if arguments.json_stats else forms.sorted_csv
            path = report_path(arguments, "sorted_report")
            written.text(path, make(mean, sorting), "Sorted performance counters report is stored to")
    elif arguments.perf_counts:
        print("\n".join(forms.counter_lines(of_requests)))
    if arguments.report_type not in WITH_COUNTERS:
        return
    if not arguments.json_stats:
        text = forms.counters_csv(of_requests)
    else:
        text = forms.detailed_json(of_requests) if detailed else forms.average_json(mean)
    path = report_path(arguments, f"{arguments.report_type}_report")
    written.text(path, text, "Performance counters report is stored to")


def profiled_settings(settings: Settings) -> Settings:
    """What can be profiled of a run: one data shape, and the model that BATCH runs, on the device that it runs on."""
    changes: dict[str, Any] = {}
    told = "" if settings.data_shape == FROM_FILES else settings.data_shape
    turns = parse_port_values(told, lists_only=True) if told else []
    if any(len(part.values) > 1 for part in turns):
        firsts = (f"{'' if part.name is None else quoted(part.name)}[{part.values[0]}]" for part in turns)
        changes["data_shape"] = ",".join(firsts)
        notify(f"the layers are profiled with the first data shape alone: {changes['data_shape']}")
    inner, size = candidates(settings.device, ()), explicit_batch_size(settings.device)
    if size is not None or (virtual_of(settings.device) == "HETERO" and len(inner) == 1):
        changes["device"] = inner[0]
    if size:
        changes["batch_size"] = size * (settings.batch_size or 1)
        notify(f"the layers are those of the batch of {changes['batch_size']} that {settings.device} runs")
    return with_changes(settings, changes)


def mean_counters(layers: Layers) -> list[Counter]:
    """Of all profiled inferences: the layers that OpenVINO's profiling has, under its names."""
    return [_counter(layer, layer.mean_us) for layer in layers.layers if layer.status]


def counters_of_requests(layers: Layers, nireq: int) -> list[list[Counter]]:
    """One for each infer request: its last inference, as benchmark_app has it, of as many inferences as there are
    requests. Where the device tells means alone (CPU, GPU), which is all that benchmark_app then shows: one of all."""
    rows = [layer for layer in layers.layers if layer.status]
    count = min(max((len(layer.each_us) for layer in rows), default=0), nireq)
    if layers.head.accumulated or not count:
        return [mean_counters(layers)]
    return [
        [_counter(layer, layer.each_us[at] if layer.each_us else layer.mean_us) for layer in rows]
        for at in range(-count, 0)
    ]


def _counter(layer: LayerTimes, real_us: float | None) -> Counter:
    return Counter(
        name=layer.profiled_as or layer.name,
        status=layer.status,
        type=layer.type,
        exec_type=layer.exec_type or UNDEFINED,
        real_ms=(real_us or 0.0) / 1e3,
        cpu_ms=(layer.mean_cpu_us or 0.0) / 1e3,
    )
