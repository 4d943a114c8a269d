"""The flags of benchmark_app, a row for each: how it is spelt in Python's and in C++'s, how its value is read, and what
it means here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ovtui.cli.benchmark_app import flag_values as values

GENERAL, SHAPES, ADVANCED, PREPROCESSING, DEVICE, STATISTICS, OURS = (
    "General", "Input shapes", "Advanced", "Preprocessing", "Device", "Statistics", "Not in benchmark_app",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flag:
    name: str
    """Of the field in Arguments."""
    spellings: tuple[str, ...]
    """As the Python program takes them; the short one first."""
    group: str
    metavar: str
    help: str
    """What it means here, a sentence."""
    read: Callable[[str], Any] = values.text
    boolean: bool = False
    """It stands alone, or with true or false."""
    several: bool = False
    """It takes several values, and may be repeated."""
    instead: str = ""
    """The one spelling that the Python program looks for when it asks whether the flag was given: the others pass its
    reading of the command line and have no effect there."""

    @property
    def shown(self) -> str:
        return self.spellings[0]

    @property
    def words(self) -> tuple[str, ...]:
        """Its spellings without dashes."""
        return tuple(dict.fromkeys(each.lstrip("-") for each in self.spellings))


def _switch(name: str, spellings: tuple[str, ...], group: str, help_text: str, instead: str = "") -> Flag:
    return Flag(name, spellings, group, "", help_text, values.yes_or_no, boolean=True, instead=instead)


FLAGS = (
    _switch("help", ("-h", "--help"), GENERAL, "Show this help and stop."),
    Flag("path_to_model", ("-m", "--path_to_model"), GENERAL, "FILE",
         "The model: .xml, .onnx, .blob and all else that ovtui reads, or the name of a built-in one."),
    Flag("paths_to_input", ("-i", "--paths_to_input"), GENERAL, "PATH",
         "Input data: a file, a folder, name:file for each input; 'random' is the default. It is --input here.",
         several=True),
    Flag("target_device", ("-d", "--target_device"), GENERAL, "DEVICE",
         "The device, CPU by default; BATCH:CPU(4) works too. It is --device here."),
    Flag("perf_hint", ("-hint", "--perf_hint"), GENERAL, "HINT",
         "throughput (tput), cumulative_throughput (ctput), latency or none; by default throughput, and latency with "
         "-api sync. It is --hint here.", values.hint, instead="hint"),
    Flag("number_iterations", ("-niter", "--number_iterations"), GENERAL, "N",
         "Iterations, rounded up so that each infer request runs equally often; 0 compiles and stops. It is --requests "
         "here.", values.not_negative),
    Flag("maximum_inference_rate", ("-max_irate", "--maximum_inference_rate"), GENERAL, "FPS",
         "Frames per second at most. It is --rate here, in requests: an open loop, which shows how late they were.",
         values.rate),
    Flag("time_s", ("-t", "--time"), GENERAL, "SECONDS",
         "Seconds, 60 by default, 120 for a device that is none of CPU, GPU and NPU. It is --duration here.",
         values.positive),
    Flag("api_type", ("-api", "--api_type"), GENERAL, "API",
         "sync or async; by default async, and sync with -hint latency. It is --api here.",
         values.one_of("sync", "async")),
    _switch("json_stats", ("-json_stats", "--json_stats"), GENERAL, "The report as JSON, with -report_type."),
    Flag("batch_size", ("-b", "--batch_size"), SHAPES, "N",
         "The batch size, which also switches automatic batching off. It is --batch-size and --auto-batching no here.",
         values.batch),
    Flag("shape", ("-shape",), SHAPES, "SHAPES",
         "Shapes of the model's inputs, for all or by name: input1[1,3,224,224],input2[?,4]. It is --shape here."),
    Flag("data_shape", ("-data_shape",), SHAPES, "SHAPES",
         "Shapes of the data for open inputs, in turn: [1,3,224,224][1,3,320,320]. It is --data-shape here."),
    Flag("layout", ("-layout",), SHAPES, "LAYOUTS",
         "Layouts, for all inputs or by name: input1[NCHW],input2[NC]. It is --layout here."),
    Flag("extensions", ("-extensions", "--extensions"), ADVANCED, "LIB[,LIB]",
         "Libraries with operations of their own. It is --extensions here."),
    Flag("path_to_cldnn_config", ("-c", "--path_to_cldnn_config"), ADVANCED, "FILE",
         "The GPU's own kernels, an .xml file. It is --set GPU.CONFIG_FILE=FILE here."),
    Flag("cache_dir", ("-cdir", "--cache_dir"), ADVANCED, "DIR",
         "Folder for compiled models. It is --cache-dir here."),
    _switch("load_from_file", ("-lfile", "--load_from_file"), ADVANCED,
            "Compile from the file, without reading it first. It is --load-from-file yes here."),
    Flag("number_infer_requests", ("-nireq", "--number_infer_requests"), ADVANCED, "N",
         "Infer requests in flight; one with -api sync. It is --nireq here.", values.positive, instead="nireq"),
    Flag("number_streams", ("-nstreams", "--number_streams"), ADVANCED, "N",
         "Streams, with -hint none alone: a number, or CPU:2,GPU:1. It is --nstreams here."),
    _switch("inference_only", ("-inference_only", "--inference_only"), ADVANCED,
            "Fill inputs once (static models) or before each inference (open ones). It is --fill-inputs here."),
    _switch("no_warmup", ("-no_warmup",), ADVANCED, "No inference before the load. It is --warm-up none here."),
    Flag("infer_precision", ("-infer_precision",), ADVANCED, "TYPE",
         "Precision of inference: bf16, or CPU:bf16,GPU:f32. It is --infer-precision here."),
    Flag("exec_graph_path", ("-exec_graph_path", "--exec_graph_path"), ADVANCED, "FILE",
         "Write the runtime graph, with the times of its layers. It is ovtui layers --exec-graph here."),
    Flag("input_precision", ("-ip", "--input_precision"), PREPROCESSING, "TYPE",
         "Element type of all inputs. It is --input-precision here.", values.element_type),
    Flag("output_precision", ("-op", "--output_precision"), PREPROCESSING, "TYPE",
         "Element type of all outputs. It is --output-precision here.", values.element_type),
    Flag("input_output_precision", ("-iop", "--input_output_precision"), PREPROCESSING, "NAME:TYPE,...",
         "Element types of inputs and outputs by name. It is --input-precision and --output-precision here.",
         values.types_by_name),
    Flag("mean_values", ("--mean_values",), PREPROCESSING, "[R,G,B]",
         "Mean of each channel, for images or by name, as a part of the model. It is --mean-values here."),
    Flag("scale_values", ("--scale_values",), PREPROCESSING, "[R,G,B]",
         "Divisor of each channel, for images or by name. It is --scale-values here."),
    Flag("number_threads", ("-nthreads", "--number_threads"), DEVICE, "N",
         "The CPU's threads, with -hint none alone. It is --nthreads here.", values.not_negative, instead="nthreads"),
    Flag("infer_threads_pinning", ("-pin", "--infer_threads_pinning"), DEVICE, "YES|NO",
         "Pin threads to cores, with -hint none alone. It is --set ENABLE_CPU_PINNING=YES here.",
         values.one_of("YES", "NO"), instead="pin"),
    _switch("use_device_mem", ("-use_device_mem", "--use_device_mem"), DEVICE,
            "C++'s: inputs and outputs in the GPU's memory; refused but for a CPU."),
    Flag("latency_percentiles", ("-latency_percentile", "--latency_percentile"), STATISTICS, "N[,N]",
         "The percentile of latencies to print, 50 by default; here also several.", values.percentiles),
    Flag("report_type", ("-report_type", "--report_type"), STATISTICS, "TYPE",
         "Write a report: no_counters, average_counters or detailed_counters, the last two of a second, profiled "
         "engine.", values.one_of("no_counters", "average_counters", "detailed_counters",
                                  sort_detailed_counters="is written as detailed_counters -pcsort sort here")),
    Flag("report_folder", ("-report_folder", "--report_folder"), STATISTICS, "DIR", "The folder of the reports."),
    _switch("perf_counts", ("-pc", "--perf_counts"), STATISTICS,
            "Print the times of the layers, from a second, profiled engine. It is ovtui layers here."),
    Flag("perf_counts_sort", ("-pcsort", "--perf_counts_sort"), STATISTICS, "ORDER",
         "As -pc: sort (by time), no_sort, simple_sort (without layers that did not run).",
         values.one_of("no_sort", "sort", "simple_sort"), instead="pcsort"),
    _switch("pcseq", ("-pcseq", "--pcseq"), STATISTICS, "Print latencies for each shape of -data_shape."),
    Flag("dump_config", ("-dump_config",), STATISTICS, "FILE", "Write OpenVINO's properties as JSON."),
    Flag("load_config", ("-load_config",), STATISTICS, "FILE",
         "OpenVINO's properties from JSON; flags win. They are --set and settings here."),
    _switch("explain", ("--explain",), OURS, "Print ovtui's own command, what each flag became, and stop."),
)  # fmt: skip
BY_NAME = {flag.name: flag for flag in FLAGS}
OF_PYTHON = tuple(flag for flag in FLAGS if flag.name not in ("use_device_mem", "explain"))
