"""Command lines of benchmark_app. `{rows}` and the like are the files of truth_models.py, `{out}` a folder of the run's
own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PROFILED = {"PERF_COUNT": "layers are measured by a second engine; the timed one is never profiled"}
GRAPH = {**PROFILED, "reports": "theirs leaves an empty graph.bin beside it"}
DETAILED = {
    **PROFILED,
    "reports": "a CPU tells means alone: one table of all inferences, not one a request",
}
MULTI = {"last lines": "theirs has no latencies with MULTI, ours has them"}
LONG = {
    "PERFORMANCE_HINT_NUM_REQUESTS": "there only the spelling -nireq sets it, here each spelling of a flag is the flag"
}


@dataclass(frozen=True, slots=True)
class Line:
    """A command line that both run."""

    text: str
    otherwise: Mapping[str, str] = field(default_factory=dict)
    """What differs on purpose, and why; all else is equal."""

    @property
    def timed(self) -> bool:
        """Ends by the clock, so that its count is not foretold."""
        return " -t " in self.text

    @property
    def on_gpu(self) -> bool:
        """Needs the simulated one."""
        return "GPU" in self.text


ALIKE = (
    # Spellings, counts
    Line("-m {rows} -niter 10 -nireq 3"),
    Line("-m={rows} -niter=10 -nireq=3 -hint=tput"),
    Line("--path_to_model {rows} --number_iterations 10 --number_infer_requests 3", LONG),
    Line("-m {open_rows} -niter 0"),
    Line("-m {rows} -t 1 -niter 3 -nireq 2"),
    Line("-m {rows} -no_warmup -niter 5 -latency_percentile 90"),
    # Hints and properties
    Line("-m {rows} -api sync -nireq 4 -niter 8"),
    Line("-m {rows} -hint none -api sync -nstreams 1 -nthreads 1 -pin NO -niter 4"),
    Line("-m {rows} -hint none -nstreams CPU:2 -nireq 2 -pin YES -niter 4"),
    Line("-m {rows} -hint ctput -infer_precision f32 -niter 4"),
    Line("-m {rows} -load_config {config} -hint latency -niter 4 -dump_config {out}/dumped.json"),
    Line("-m {rows} -cdir {out}/cache -niter 4"),
    # Devices
    Line("-m {rows} -d AUTO:CPU -hint ctput -infer_precision CPU:f32 -niter 4"),
    Line("-m {rows} -d HETERO:CPU -niter 4"),
    Line("-m {rows} -d MULTI:CPU -hint none -nstreams 2 -niter 4", MULTI),
    Line("-m {pointwise} -d AUTO:GPU,CPU -hint none -nstreams CPU:1,GPU:2 -pin NO -niter 4"),
    # Shapes
    Line("-m {picture} -b 2 -layout image[NCHW] -niter 4"),
    Line("-m {open_rows} -b 4 -niter 4"),
    Line("-m {rows} -shape [1..4,32] -data_shape [1,32][3,32] -niter 4 -nireq 2"),
    Line("-m {open_rows} -data_shape [1,32][2,32][3,32][4,32] -nireq 2 -niter 10"),
    Line("-m {open_rows} -data_shape [2,32] -inference_only -nireq 4 -niter 6"),
    Line("-m {open_picture} -data_shape [1,3,16,16][1,3,24,24] -niter 4 -pcseq"),
    Line("-m {open_two} -data_shape left[1,32][2,32],right[1,8][2,8] -niter 4"),
    # Types, mean and scale
    Line("-m {two} -ip f64 -iop right:i64,squares:i32 -niter 4"),
    Line("-m {two} -op f16 -niter 4"),
    Line("-m {picture} --mean_values [1,2,3] --scale_values [2,4,8] -niter 4"),
    # Inputs
    Line("-m {open_rows} -i {four_npy} -b 4 -niter 4"),
    Line("-m {open_rows} -i {four_npy},{rows1_npy} -niter 5 -nireq 3 -pcseq -pc", PROFILED),
    Line("-m {open_picture} -i {sizes} -layout [NCHW] -niter 6 -nireq 2"),
    Line("-m {open_two} -i left:{rows1_npy},{four_npy},right:{eight_npy} -niter 4"),
    Line("-m {rows} -i {arrays} -inference_only false -niter 6 -nireq 2"),
    Line("-m {picture} -b 3 -i {pictures} -niter 4 -nireq 2"),
    # Kinds of models
    Line("-m {scalar} -niter 4"),
    Line("-m {onnx} -niter 4"),
    Line("-m {accumulator} -niter 8 -nireq 2"),
    # Reports
    Line("-m {layers} -report_type detailed_counters -json_stats=1 -report_folder {out} -niter 4 -nireq 2", DETAILED),
    Line("-m {layers} -pcsort simple_sort -report_type no_counters -report_folder {out} -niter 4", PROFILED),
    Line("-m {two} -exec_graph_path {out}/graph.xml -niter 4", GRAPH),
)

ALIKE_BY_HAND = (
    # Spellings, counts
    Line("-m {rows} -nite 4 -nire 2", LONG),
    Line("-m {rows} -niter 0"),
    Line("-m {rows} -max_irate 200 -niter 20"),
    # Hints and properties
    Line("-m {rows} -hint latency -niter 5"),
    Line("-m {rows} -hint latency -api async -niter 5"),
    Line("-m {rows} -hint none -niter 5"),
    Line("-m {rows} -infer_precision CPU:f32 -c {out}/none.xml -niter 4"),
    Line("-m {rows} -load_config {config} -niter 4"),
    Line("-m {rows} -hint none -nstreams 2 -nireq 2 -dump_config {out}/dumped.json -niter 4"),
    # Devices
    Line("-m {rows} -d AUTO -niter 4"),
    Line("-m {rows} -d AUTO:CPU -hint none -nthreads 1 -niter 4"),
    Line("-m {rows} -d MULTI:CPU -niter 4", MULTI),
    Line("-m {pointwise} -d GPU -nireq 4 -niter 8"),
    Line("-m {pointwise} -d GPU -hint none -nstreams GPU:2 -infer_precision f32 -niter 4"),
    Line("-m {pointwise} -d GPU -b 2 -nireq 2 -niter 4"),
    Line(
        "-m {pointwise} -d MULTI:GPU,CPU -hint none -nstreams CPU:1 -infer_precision GPU:f32 -nireq 4 -niter 4", MULTI
    ),
    # Shapes
    Line("-m {two} -b 3 -niter 4"),
    Line("-m {rows} -shape rows[5,32] -niter 4"),
    Line("-m {open_rows} -data_shape [1,32][2,32][3,32] -nireq 4 -niter 10"),
    Line("-m {open_rows} -data_shape [2,32] -api sync -niter 6"),
    Line("-m {open_two} -data_shape [1,32][1,8][2,32][2,8] -niter 4"),
    Line("-m {rows} -data_shape [1,32] -niter 4"),
    # Types, mean and scale
    Line("-m {picture} -niter 4"),
    Line("-m {picture} -ip f32 -niter 4"),
    Line("-m {picture} -iop image:f16 -niter 4"),
    Line("-m {last_channels} --mean_values=image[1,2,3] --scale_values image[2] -niter 4"),
    # Inputs
    Line("-m {open_rows} -i {four_npy} -niter 4"),
    Line("-m {open_rows} -i {flat_npy} -api sync -niter 4"),
    Line("-m {open_rows} -i {four_bin} -data_shape [4,32] -niter 4"),
    Line("-m {open_picture} -i {wide_npy} -niter 4 -nireq 2"),
    Line("-m {two} -i {rows1_npy},{right_npy} -niter 4"),
    Line("-m {rows} -i {rows1_bin} -niter 4"),
    Line("-m {rows} -i {rows1_npy},{rows2_npy} -niter 4 -nireq 2"),
    Line("-m {two} -i left:{rows1_npy} right:{right_npy} -inference_only=0 -api sync -niter 4"),
    Line("-m {two} -i left:{rows1_npy},right:{right_npy} -niter 4"),
    Line("-m {picture} -i {picture_file} -niter 4"),
    # Kinds of models
    Line(
        "-m {picture} -lfile -niter 4",
        {"infer requests": "one is asked, before the load, whether the model has state"},
    ),
    # Reports
    Line("-m {layers} -report_type no_counters -report_folder {out} -niter 4"),
    Line("-m {layers} -report_type average_counters -report_folder {out} -niter 4", PROFILED),
    Line(
        "-m {layers} -report_type average_counters -json_stats -report_folder {out} -niter 4",
        {**PROFILED, "reports": "theirs has the first layer alone in the average"},
    ),
    Line("-m {layers} -pc -niter 4", PROFILED),
)
"""More of them, which cost CI more than they find: 130 s."""

REFUSED = (
    "-niter 4",
    "-m no_such.xml -niter 4",
    "-m {rows} -hint fast",
    "-m {rows} -nosuch 4",
    "-m {rows} -nstreams 2 -niter 4",
    "-m {rows} -latency_percentile 0",
    "-m {rows} -api sync -nireq 4 -niter 2",
    "-m {open_rows} -data_shape [2,33] -niter 4",
    "-m {open_rows} -data_shape [?,32] -niter 4",
    "-m {open_rows} -data_shape [1,32][2,32] -api sync -niter 4",
    "-m {open_rows} -data_shape [1,32][2,32] -inference_only -niter 4",
    "-m {open_two} -data_shape [1,32][2,32][3,32] -niter 4",
    "-m {rows} -d NOSUCH -niter 4",
    "-m {rows} -hint none -nstreams GPU:2 -niter 4",
    "-m {rows} -infer_precision f12 -niter 4",
    "-m {rows} -niter -1",
    "-m {rows} -t 1.5",
    "-m {rows} -nireq 0",
    "-m {rows} -ip f12",
    "-m {rows} -iop nosuch:f16 -niter 4",
    "-m {rows} -pin MAYBE",
    "-m {rows} -inference_only perhaps",
    "-m {rows} -i {out}/none.npy -niter 4",
    "-m {rows} -i nosuch:{rows1_npy} -niter 4",
    "-m {open_two} -i left:{four_npy} -niter 4",
    "-m {open_picture} -i {four_npy} -niter 4",
    "-m {open_rows} -i {rows1_npy},{four_npy} -inference_only -niter 4",
    "-m {picture} -lfile --mean_values [1,2,3] -niter 4",
    "-m {blob} -ip u8 -niter 4",
    "-m {rows} -d MULTI:CPU -report_type average_counters -niter 4",
    "-m {rows} -shape rows[1,33] -niter 4",
    "-m {rows} -load_config {out}/none.json -niter 4",
    "-m {rows} -report_type no_counters -report_folder {out}/no/folder -niter 4",
    "-m {rows} -extensions {out}/none.so -niter 4",
    "-m {picture} --mean_values [1,2] -niter 4",
)
"""What theirs refuses, at the latest with a traceback, ours refuses in one sentence."""

ONLY_THERE = (("-m {rows} -use_device_mem -d GPU", "a flag of the C++ program"),)
"""What ours refuses and theirs (or the C++ program) takes, and why."""

BETTER = (
    ("-m {rows} -d BATCH:CPU(4) -nireq 8 -niter 8", 8, "theirs asks BATCH for properties of a device of that name"),
    ("-m {llm} -data_shape input_ids[1,4],attention_mask[1,4],position_ids[1,4],beam_idx[1] -niter 4 -nireq 2", 4,
     "theirs fills beam_idx with 0 to 255"),
    ("-m {open_rows} -niter 4 -nireq 2", 4, "a batch that is open and not told is 1 here"),
    ("-m {rows} -i {four_npy} -niter 4 -nireq 2", 4, "each of the four rows is an item here"),
    ("-m {open_rows} -i {four_bin} -niter 4 -nireq 2", 4, "bytes tell no shape: a batch that is open is 1 here"),
    ("-m {open_rows} -i {rows1_npy},{four_npy} -api sync -niter 4", 6, "several shapes with async alone there"),
    ("-m {no_batch} -b 4 -niter 4 -nireq 2", 4, "the first dimension is taken for the batch here, and that is said"),
    ("-m {blob} -niter 4 -nireq 2", 4, "theirs takes the types that were not given for given ones"),
    ("-m {rows} -i {rows1_npy} {rows2_npy} -niter 4 -nireq 2", 4, "theirs takes several words only with names"),
    ("-m {rows} --hint latency -niter 4", 4, "theirs has --perf_hint alone with two dashes"),
    ("-m {picture} -mean_values [1,2,3] -niter 4 -nireq 2", 4, "the C++ program's spelling; theirs reads -m"),
    ("-m {rows} -niter 4 -nireq 2 -latency_percentile 50,90,99", 4, "theirs tells one percentile a run"),
)  # fmt: skip
"""What theirs refuses or crashes on, how many iterations ours makes, and why theirs makes none."""
