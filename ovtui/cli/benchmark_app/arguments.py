"""What a command line of benchmark_app asks for, each flag typed, as benchmark_app reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

ReportType = Literal["", "no_counters", "average_counters", "detailed_counters"]
Sorting = Literal["", "sort", "no_sort", "simple_sort"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """The flags by their long names. None: not given."""

    path_to_model: str
    paths_to_input: tuple[str, ...] = ()
    """As given, one after another: a file, a folder, 'name:file'."""
    target_device: str = "CPU"
    perf_hint: str = ""
    """'throughput', 'latency', 'cumulative_throughput', 'none'; empty: by the API, as there."""
    number_iterations: int | None = None
    """0: compile only."""
    maximum_inference_rate: float = 0.0
    """Frames per second; 0 for no limit."""
    time_s: int | None = None
    api_type: Literal["", "sync", "async"] = ""
    json_stats: bool = False
    batch_size: int = 0
    """0: the model's."""
    shape: str = ""
    data_shape: str = ""
    layout: str = ""
    extensions: str = ""
    path_to_cldnn_config: str = ""
    cache_dir: str = ""
    load_from_file: bool = False
    number_infer_requests: int = 0
    number_streams: str = ""
    number_threads: int | None = None
    infer_threads_pinning: Literal["", "YES", "NO"] = ""
    inference_only: bool | None = None
    no_warmup: bool = False
    infer_precision: str = ""
    input_precision: str = ""
    output_precision: str = ""
    input_output_precision: str = ""
    mean_values: str = ""
    scale_values: str = ""
    use_device_mem: bool = False
    latency_percentiles: tuple[int, ...] = (50,)
    report_type: ReportType = ""
    report_folder: str = ""
    perf_counts: bool = False
    perf_counts_sort: Sorting = ""
    pcseq: bool = False
    exec_graph_path: str = ""
    dump_config: str = ""
    load_config: str = ""
    explain: bool = False
    """Ours: print ovtui's own command and stop."""
    given: tuple[tuple[str, str], ...] = field(default=())
    """Every flag that was given and its value, as they stood, for the reports."""
