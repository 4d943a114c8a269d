"""What devices tell of their properties, cut down: some of each kind, for tests of the settings pane."""

from __future__ import annotations

from fake_source import FakeSource

from ovtui.records.events import DeviceProperties
from ovtui.settings.openvino_properties.reported import ReportedProperty as P
from ovtui.settings.schema.settings import Settings

_CPU = [
    P("PERFORMANCE_HINT", "RW", "LATENCY", choices=["LATENCY", "THROUGHPUT", "CUMULATIVE_THROUGHPUT"]),
    P("EXECUTION_MODE_HINT", "RW", "PERFORMANCE", choices=["PERFORMANCE", "ACCURACY"]),
    P("ENABLE_CPU_PINNING", "RW", "YES", "bool"),
    P("CPU_SPARSE_WEIGHTS_DECOMPRESSION_RATE", "RW", "1.0", "float"),
    P("PERFORMANCE_HINT_NUM_REQUESTS", "RW", "0", "int"),
    P("A_PROPERTY_OF_TOMORROW", "RW", "some words"),
    P("FULL_DEVICE_NAME", "RO", "Test CPU"),
    P("OPTIMIZATION_CAPABILITIES", "RO", "FP32, INT8, BIN, EXPORT_IMPORT"),
]
_GPU = [
    P("GPU_QUEUE_PRIORITY", "RW", "MEDIUM", choices=["LOW", "MEDIUM", "HIGH"]),
    P("PERF_COUNT", "RW", "NO", "bool"),
    P("FULL_DEVICE_NAME", "RO", "Test GPU (dGPU)"),
]
_AUTO = [
    P("PERFORMANCE_HINT", "RW", "LATENCY", choices=["LATENCY", "THROUGHPUT", "CUMULATIVE_THROUGHPUT"]),
    P("ENABLE_STARTUP_FALLBACK", "RW", "YES", "bool"),
    P("ENABLE_RUNTIME_FALLBACK", "RW", "YES", "bool"),
    P("LOG_LEVEL", "RW", "LOG_NONE", choices=["LOG_NONE", "LOG_ERROR", "LOG_INFO"]),
]


def told(t_ns: int = 0) -> list[DeviceProperties]:
    listed = {"CPU": _CPU, "GPU": _GPU, "AUTO": _AUTO}
    return [
        DeviceProperties(t_ns=t_ns, engine=1, device=name, properties=properties) for name, properties in listed.items()
    ]


def telling(**settings: object) -> FakeSource:
    """A session whose devices have told what they list."""
    source = FakeSource(settings=Settings(**{"device": "AUTO:GPU,CPU", "nireq": 16, **settings}))
    source.tell(*told())
    return source
