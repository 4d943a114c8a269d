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
    help: bool = False
    """-h: nothing else was read, and the model is empty."""
    paths_to_input: tuple[str, ...] = ()
    """As given, one after another: a file, a folder, 'name:file', 'random'."""
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
    batch_size: int | None = None
    """0 keeps the model's, and switches automatic batching off like any other."""
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
    spellings: tuple[tuple[str, str], ...] = field(default=())
    """The name in this class of every flag that was given, and how it was spelt: ('time_s', '-t')."""

    @property
    def api(self) -> Literal["sync", "async"]:
        """The API in force: where none is given, sync for -hint latency."""
        return self.api_type or ("sync" if self.perf_hint == "latency" else "async")

    @property
    def compiles_only(self) -> bool:
        return self.number_iterations == 0

    @property
    def is_blob(self) -> bool:
        return self.path_to_model.endswith(".blob")

    @property
    def counters_asked(self) -> bool:
        """Whether layers are to be profiled. `-pc false` wins over the flags that need it, as there."""
        if self.is_given("perf_counts"):
            return self.perf_counts
        return (
            self.perf_counts
            or bool(self.perf_counts_sort)
            or self.report_type in ("average_counters", "detailed_counters")
        )

    def is_given(self, name: str) -> bool:
        return any(each == name for each, _ in self.spellings)

    def spelling(self, name: str) -> str:
        """How a flag was last spelt: '-t', '--time'; empty where it was not given."""
        return next((spelt for each, spelt in reversed(self.spellings) if each == name), "")
