"""The entries of the catalogue.

Values, ranges and defaults were tried on the plugins of OpenVINO 2026.4.1. Those of the NPU that it does not list
without a driver are from its documentation. A form shows the properties that the device itself lists (see rows.py)."""

from __future__ import annotations

from ovtui.settings.openvino_properties.property import NO, YES, Property, PropertyKind
from ovtui.settings.schema.field_spec import Effect

_CPU, _GPU, _NPU = ("CPU",), ("GPU",), ("NPU",)
_CPU_GPU = ("CPU", "GPU")
_DEVICES = ("CPU", "GPU", "NPU")
_AUTO, _AUTO_MULTI = ("AUTO",), ("AUTO", "MULTI")
_PRIORITIES = ("LOW", "MEDIUM", "HIGH")
_PRECISIONS = ("f32", "f16", "bf16", "dynamic")
_CACHE_PRECISIONS = ("f32", "f16", "bf16", "i8", "u8", "u4", "u3", "dynamic")
_UINT64 = 2**64 - 1


def _yes_no(name: str, devices: tuple[str, ...], default: str, text: str) -> Property:
    return Property(name, PropertyKind.BOOL, text, devices, default)


def _choice(
    name: str, devices: tuple[str, ...], choices: tuple[str, ...], default: str, text: str, *, open_ended: bool = False
) -> Property:
    return Property(name, PropertyKind.CHOICE, text, devices, default, choices, open_ended)


def _int(
    name: str, devices: tuple[str, ...], minimum: int, default: str, text: str, *,
    maximum: int | None = None, keywords: tuple[str, ...] = (), unit: str = "", effect: Effect = Effect.RECOMPILE,
) -> Property:  # fmt: skip
    return Property(
        name,
        PropertyKind.INT,
        text,
        devices,
        default,
        minimum=minimum,
        maximum=maximum,
        keywords=keywords,
        unit=unit,
        effect=effect,
    )


def _float(name: str, devices: tuple[str, ...], minimum: float, maximum: float, default: str, text: str) -> Property:
    return Property(name, PropertyKind.FLOAT, text, devices, default, minimum=minimum, maximum=maximum)


def _text(name: str, devices: tuple[str, ...], text: str, *, path: bool = False) -> Property:
    return Property(name, PropertyKind.TEXT, text, devices, path=path)


def _fact(name: str, devices: tuple[str, ...], text: str, unit: str = "") -> Property:
    return Property(name, PropertyKind.FACT, text, devices, unit=unit)


_HINTS = (
    _choice("PERFORMANCE_HINT", (*_DEVICES, *_AUTO_MULTI), ("LATENCY", "THROUGHPUT", "CUMULATIVE_THROUGHPUT"),
            "LATENCY", "What the device tunes its streams, threads and batching for."),
    _int("PERFORMANCE_HINT_NUM_REQUESTS", (*_DEVICES, *_AUTO_MULTI), 0, "0",
         "Requests that the application keeps in flight: an upper limit for streams and batch; 0 sets no limit."),
    _choice("EXECUTION_MODE_HINT", (*_CPU_GPU, *_AUTO_MULTI), ("PERFORMANCE", "ACCURACY"), "PERFORMANCE",
            "Whether the device may compute in a lower precision than the model's."),
    _choice("INFERENCE_PRECISION_HINT", _CPU_GPU, _PRECISIONS, "", "Precision to compute in.", open_ended=True),
    _choice("MODEL_PRIORITY", (*_GPU, *_NPU, *_AUTO_MULTI), _PRIORITIES, "MEDIUM",
            "Which of several compiled models gets the stronger device."),
)  # fmt: skip

_THREADS = (
    _int("NUM_STREAMS", _DEVICES, 1, "", "Inferences that the device runs in parallel.", keywords=("AUTO", "NUMA")),
    _int("INFERENCE_NUM_THREADS", _CPU, 0, "0", "Threads for inference; 0 takes all that the process may use."),
    _int("COMPILATION_NUM_THREADS", (*_GPU, *_NPU), 1, "", "CPU threads that compile kernels."),
    _choice("SCHEDULING_CORE_TYPE", _CPU, ("ANY_CORE", "PCORE_ONLY", "ECORE_ONLY"), "ANY_CORE",
            "Which cores of a hybrid CPU run inference."),
    _yes_no("ENABLE_HYPER_THREADING", _CPU, YES, "Use both threads of a core."),
    _yes_no("ENABLE_CPU_PINNING", _CPU_GPU, "", "Pin inference threads to cores."),
    _yes_no("ENABLE_CPU_RESERVATION", _CPU_GPU, NO,
            "Keep this model's cores from other models of the same process."),
    _yes_no("ENABLE_TENSOR_PARALLEL", _CPU, NO, "Split each inference across the sockets of the machine."),
    _choice("MODEL_DISTRIBUTION_POLICY", ("CPU", "HETERO"), ("TENSOR_PARALLEL", "PIPELINE_PARALLEL"), "",
            "How a model is split: TENSOR_PARALLEL across sockets (CPU), PIPELINE_PARALLEL across devices (HETERO)."),
    _choice("TBB_PARTITIONER", _CPU, ("STATIC", "AUTO"), "", "How work is distributed to the threads."),
)  # fmt: skip

_COMPUTE = (
    _yes_no("CPU_DENORMALS_OPTIMIZATION", _CPU, NO, "Treat denormal numbers as zero."),
    _float("CPU_SPARSE_WEIGHTS_DECOMPRESSION_RATE", _CPU, 0, 1, "1.0",
           "Share of zeros above which weights are kept compressed."),
    _int("DYNAMIC_QUANTIZATION_GROUP_SIZE", _CPU_GPU, 0, "",
         "Size of the groups in which activations are quantized at run time; 0 quantizes none.", maximum=_UINT64),
    _choice("KV_CACHE_PRECISION", _CPU_GPU, _CACHE_PRECISIONS, "",
            "Precision of a language model's key and value cache.", open_ended=True),
    _choice("KEY_CACHE_PRECISION", _CPU, _CACHE_PRECISIONS, "", "Precision of the keys in that cache.",
            open_ended=True),
    _choice("VALUE_CACHE_PRECISION", _CPU, _CACHE_PRECISIONS, "", "Precision of the values in that cache.",
            open_ended=True),
    _int("KEY_CACHE_GROUP_SIZE", _CPU, 0, "0", "Group size of quantized keys; 0 is the plugin's choice.",
         maximum=_UINT64),
    _int("VALUE_CACHE_GROUP_SIZE", _CPU, 0, "0", "Group size of quantized values; 0 is the plugin's choice.",
         maximum=_UINT64),
    _float("ACTIVATIONS_SCALE_FACTOR", _GPU, -1, 1e30, "-1.0",
           "Divisor that keeps f16 activations in range; -1 leaves it to the model."),
)  # fmt: skip

_CACHE = (
    _text("CACHE_DIR", _DEVICES, "Folder for compiled models; with a warm cache AUTO needs no stand-in.", path=True),
    _choice("CACHE_MODE", _GPU, ("OPTIMIZE_SPEED", "OPTIMIZE_SIZE"), "OPTIMIZE_SPEED",
            "Whether a cached model loads fast or takes little disk space."),
    _yes_no("ENABLE_WEIGHTLESS", _CPU, NO, "Cache compiled models without weights; the model file has them."),
    _text("WEIGHTS_PATH", _DEVICES, "Weights file of a model that was cached without its weights.", path=True),
)  # fmt: skip

_AUTO_ENTRIES = (
    _text("MULTI_DEVICE_PRIORITIES", ("AUTO", "MULTI", "HETERO", "BATCH"),
          "The candidates in order, 'GPU,CPU', or '-CPU' to exclude one; same as the device AUTO:GPU,CPU."),
    _yes_no("ENABLE_STARTUP_FALLBACK", _AUTO, YES, "Let the CPU stand in while an accelerator compiles."),
    _yes_no("ENABLE_RUNTIME_FALLBACK", _AUTO, YES, "Continue on the next candidate when a device fails at run time."),
    _choice("SCHEDULE_POLICY", _AUTO_MULTI, ("DEVICE_PRIORITY", "ROUND_ROBIN"), "DEVICE_PRIORITY",
            "Which device takes the next request under CUMULATIVE_THROUGHPUT."),
    _yes_no("DEVICE_BIND_BUFFER", _AUTO_MULTI, NO,
            "Bind requests to devices, to save copies; under CUMULATIVE_THROUGHPUT."),
    _text("DEVICES_UTILIZATION_THRESHOLD", _AUTO,
          "Load in percent above which a device is skipped, '{GPU:80}'; needs a platform service that wheels lack."),
    _text("PERF_CURVE_TABLE", _AUTO,
          "Speed by load of each device, '{GPU:{80:0.5}}'; needs a platform service that wheels lack."),
    _text("LOW_POWER_DEVICE", _AUTO, "Device to prefer on battery; needs a platform service that wheels lack."),
)  # fmt: skip

_BATCHING = (
    _yes_no("ALLOW_AUTO_BATCHING", _GPU, YES, "Let the device batch requests automatically."),
    _int("AUTO_BATCH_TIMEOUT", ("BATCH", "GPU"), 1, "1000", "How long a request may wait for its batch to fill.",
         maximum=3_600_000, unit="ms", effect=Effect.LIVE),
)  # fmt: skip

_GPU_ENTRIES = (
    _choice("GPU_QUEUE_PRIORITY", _GPU, _PRIORITIES, "MEDIUM",
            "Priority of the command queue among all users of the device."),
    _choice("GPU_QUEUE_THROTTLE", _GPU, _PRIORITIES, "MEDIUM", "How often the CPU polls the queue; LOW saves power."),
    _choice("GPU_HOST_TASK_PRIORITY", _GPU, _PRIORITIES, "MEDIUM",
            "Which cores of a hybrid CPU run the host tasks."),
    _yes_no("GPU_ENABLE_LOOP_UNROLLING", _GPU, YES, "Unroll loops: faster inference, larger code, slower compile."),
    _yes_no("GPU_DISABLE_WINOGRAD_CONVOLUTION", _GPU, NO, "Avoid Winograd convolutions, which round differently."),
    _yes_no("GPU_ENABLE_SDPA_OPTIMIZATION", _GPU, YES, "Fuse attention into one kernel."),
    _yes_no("GPU_ENABLE_LORA_OPERATION", _GPU, YES, "Run LoRA adapters as one operation."),
    _yes_no("GPU_ENABLE_LARGE_ALLOCATIONS", _GPU, NO, "Allow buffers above the device's limit; may be slower."),
    _int("OFFLOAD_RATIO", _GPU, 0, "0", "Share of a mixture-of-experts model's weights that stays on disk.",
         maximum=100, unit="%"),
    _text("CONFIG_FILE", _GPU, "XML file of custom kernels."),
    _text("DEVICE_ID", _DEVICES, "Which of several devices of a kind; same as the device name GPU.1."),
)  # fmt: skip

_NPU_ENTRIES = (
    _choice("NPU_COMPILER_TYPE", _NPU, ("PREFER_PLUGIN", "PLUGIN", "DRIVER"), "PREFER_PLUGIN",
            "Which compiler is used: the plugin's or the driver's.", open_ended=True),
    _text("NPU_COMPILATION_MODE_PARAMS", _NPU, "Compiler options, such as 'optimization-level=2'."),
    _yes_no("NPU_TURBO", _NPU, NO, "Request the highest frequency."),
    _int("NPU_TILES", _NPU, -1, "-1", "Compute tiles to use; -1 leaves it to the driver."),
    _yes_no("NPU_BYPASS_UMD_CACHING", _NPU, NO, "Do not use the driver's own cache of compiled models."),
    _yes_no("NPU_DEFER_WEIGHTS_LOAD", _NPU, NO, "Load the weights at the first inference instead of at compile time."),
)  # fmt: skip

_DIAGNOSTICS = (
    _yes_no("PERF_COUNT", (*_DEVICES, *_AUTO_MULTI, "BATCH"), NO,
            "Measure every layer: shows the kernels that ran, and costs speed."),
    _choice("LOG_LEVEL", ("CPU", "NPU", *_AUTO_MULTI),
            ("LOG_NONE", "LOG_ERROR", "LOG_WARNING", "LOG_INFO", "LOG_DEBUG", "LOG_TRACE"), "",
            "Log level of the plugin; ovtui reads AUTO's compile times and failures at LOG_INFO and above."),
)  # fmt: skip

_FACTS = (
    _fact("FULL_DEVICE_NAME", (), "The device's name."),
    _fact("DEVICE_ARCHITECTURE", _DEVICES, "The device's architecture."),
    _fact("DEVICE_TYPE", _DEVICES, "Integrated or discrete."),
    _fact("DEVICE_UUID", (*_GPU, *_NPU), "Globally unique identifier of the device."),
    _fact("DEVICE_LUID", _GPU, "Identifier of the device on this machine."),
    _fact("DEVICE_PCI_INFO", (*_GPU, *_NPU), "Address on the PCI bus."),
    _fact("DEVICE_GOPS", (*_GPU, *_NPU), "Peak operations per second by element type.", "GOPS"),
    _fact("DEVICE_THERMAL", _GPU, "Temperature.", "°C"),
    _fact("OPTIMIZATION_CAPABILITIES", (), "Element types and features that the device supports."),
    _fact("RANGE_FOR_ASYNC_INFER_REQUESTS", _DEVICES, "Minimum, maximum and step of requests in flight."),
    _fact("RANGE_FOR_STREAMS", _DEVICES, "Minimum and maximum number of streams."),
    _fact("OPTIMAL_NUMBER_OF_INFER_REQUESTS", (), "Number of requests in flight that keeps the compiled model busy."),
    _fact("OPTIMAL_BATCH_SIZE", _GPU, "Batch size that automatic batching uses for a model."),
    _fact("MAX_BATCH_SIZE", _GPU, "Largest batch of a model that fits in memory."),
    _fact("EXECUTION_DEVICES", (), "The devices that run the inferences."),
    _fact("AVAILABLE_DEVICES", _DEVICES, "The devices of this kind."),
    _fact("SUPPORTED_PROPERTIES", (), "This list."),
    _fact("NETWORK_NAME", (), "The model's own name."),
    _fact("LOADED_FROM_CACHE", (), "Whether the compiled model was loaded from CACHE_DIR."),
    _fact("RUNTIME_REQUIREMENTS", (), "Requirements of the compiled model to the machine."),
    _fact("HETERO_NUMBER_OF_SUBMODELS", ("HETERO",), "Number of parts that the model was split into."),
    _fact("GPU_DEVICE_ID", _GPU, "PCI device number of the GPU model."),
    _fact("GPU_DEVICE_TOTAL_MEM_SIZE", _GPU, "Memory of the device.", "bytes"),
    _fact("GPU_DEVICE_MAX_ALLOC_MEM_SIZE", _GPU, "Largest single buffer.", "bytes"),
    _fact("GPU_UARCH_VERSION", _GPU, "Microarchitecture."),
    _fact("GPU_CACHELINE_SIZE", _GPU, "Size of a cache line.", "bytes"),
    _fact("GPU_EXECUTION_UNITS_COUNT", _GPU, "Number of execution units."),
    _fact("GPU_MEMORY_STATISTICS", _GPU, "Memory in use by kind.", "bytes"),
    _fact("NPU_DRIVER_VERSION", _NPU, "The driver's version."),
    _fact("NPU_COMPILER_VERSION", _NPU, "The compiler's version."),
    _fact("NPU_DEVICE_TOTAL_MEM_SIZE", _NPU, "Memory of the device.", "bytes"),
    _fact("NPU_DEVICE_ALLOC_MEM_SIZE", _NPU, "Memory in use.", "bytes"),
)  # fmt: skip

_OPAQUE = tuple(
    Property(name, PropertyKind.OPAQUE, text, devices)
    for name, devices, text in (
        ("MODEL_PTR", (*_GPU, *_NPU), "Pointer to a model, as a parameter of a query."),
        ("CACHE_ENCRYPTION_CALLBACKS", (*_GPU, *_NPU), "Functions that encrypt the cache."),
        ("COMPATIBILITY_CHECK", _CPU_GPU, "A query about a compiled model."),
        ("DEVICE_PROPERTIES", (), "Properties by device; written as GPU.KEY=VALUE."),
    )
)

ENTRIES = (
    *_HINTS, *_THREADS, *_COMPUTE, *_CACHE, *_AUTO_ENTRIES, *_BATCHING, *_GPU_ENTRIES, *_NPU_ENTRIES, *_DIAGNOSTICS,
    *_FACTS, *_OPAQUE,
)  # fmt: skip
