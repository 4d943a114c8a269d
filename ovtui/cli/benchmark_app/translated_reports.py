"""The flags of what is printed and written. ovtui's own command has other ways to it."""

from __future__ import annotations

from ovtui.cli.benchmark_app.arguments import Arguments
from ovtui.cli.benchmark_app.draft import Draft
from ovtui.cli.benchmark_app.translated_device import COUNTERS, target_of

_HERE = "written by `ovtui benchmark_app` itself"


def translate_reports(arguments: Arguments, draft: Draft) -> None:
    meanings, model = draft.meanings, arguments.path_to_model
    layers = f"ovtui layers {model} -d {arguments.target_device}"
    profiles = arguments.counters_asked or bool(arguments.exec_graph_path)
    of_target = draft.config[target_of(arguments.target_device)]
    if arguments.is_given("perf_counts"):
        of_target[COUNTERS] = "YES" if arguments.perf_counts else "NO"
    elif of_target.get(COUNTERS, "").upper() not in ("YES", "TRUE"):
        of_target[COUNTERS] = "YES" if profiles else "NO"
    if profiles:
        draft.notes.append(
            "the layers are timed in a second engine after the load, so that the requests here are not slowed by it; "
            "benchmark_app profiles the ones it measures"
        )
    meanings["perf_counts"] = layers if arguments.perf_counts else "no times of layers, which is the default"
    order = {"sort": "time", "no_sort": "order", "simple_sort": "order"}.get(arguments.perf_counts_sort, "order")
    meanings["perf_counts_sort"] = f"{layers} --sort {order}"
    meanings["pcseq"] = (
        "latencies of each shape of -data_shape" if arguments.pcseq else "no latencies by shape, which is the default"
    )
    meanings["exec_graph_path"] = f"{layers} --exec-graph {arguments.exec_graph_path}"
    shown = ", ".join(f"p{each}" for each in arguments.latency_percentiles)
    meanings["latency_percentiles"] = f"{shown} is printed; ovtui run --json has more of them"
    meanings["report_type"] = f"a report, {_HERE}; --json FILE is ovtui's own"
    meanings["report_folder"] = (
        f"the folder of the reports, {_HERE}" if arguments.report_type else "nothing: -report_type asks for no report"
    )
    meanings["json_stats"] = (
        ("reports in JSON" if arguments.json_stats else "reports in CSV, which is the default")
        if arguments.report_type
        else "nothing: -report_type asks for no report"
    )
    meanings["dump_config"] = f"OpenVINO's properties, {_HERE}"
    meanings["explain"] = "this text"
