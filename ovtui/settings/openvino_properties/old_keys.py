"""Keys that OpenVINO no longer takes, and what took their place.

The old ones are of the Inference Engine's API and of API 2.0 up to 2024: OpenVINO's transition guide ("Configuring
Devices") and release notes. None of them is taken by CPU, GPU or BATCH of OpenVINO 2026.4.1; AUTO, MULTI and HETERO
take any key in silence. EXCLUSIVE_ASYNC_REQUESTS and LP_TRANSFORMS_MODE, which are as old, still are, and so are not
here."""

from __future__ import annotations

from collections.abc import Collection

from ovtui.settings.openvino_properties.catalogue import catalogue
from ovtui.settings.openvino_properties.folding import settings_by_property
from ovtui.settings.schema.settings import fields

_BY_DEVICE = "the device string says it: --device {}"
_REPLACED = {
    "AFFINITY": "ENABLE_CPU_PINNING",
    "AUTO_NETWORK_PRIORITY": "MODEL_PRIORITY",
    "CLDNN_MAX_NUM_THREADS": "COMPILATION_NUM_THREADS",
    "CLDNN_PLUGIN_PRIORITY": "GPU_QUEUE_PRIORITY",
    "CLDNN_PLUGIN_THROTTLE": "GPU_QUEUE_THROTTLE",
    "CPU_BIND_THREAD": "ENABLE_CPU_PINNING",
    "CPU_THREADS_NUM": "INFERENCE_NUM_THREADS",
    "CPU_THROUGHPUT_STREAMS": "NUM_STREAMS",
    "ENFORCE_BF16": "INFERENCE_PRECISION_HINT=bf16",
    "GPU_MAX_NUM_THREADS": "COMPILATION_NUM_THREADS",
    "GPU_MODEL_PRIORITY": "MODEL_PRIORITY",
    "GPU_PLUGIN_PRIORITY": "GPU_QUEUE_PRIORITY",
    "GPU_PLUGIN_THROTTLE": "GPU_QUEUE_THROTTLE",
    "GPU_THROUGHPUT_STREAMS": "NUM_STREAMS",
}
_DROPPED = {
    "AUTO_BATCH_DEVICE_CONFIG": _BY_DEVICE.format("'BATCH:CPU(4)'"),
    "AUTO_DEVICE_LIST": _BY_DEVICE.format("AUTO:GPU,CPU"),
    "CLDNN_ENABLE_FP16_FOR_QUANTIZED_MODELS": "--infer-precision says in which precision a GPU computes",
    "CLDNN_GRAPH_DUMPS_DIR": "",
    "CLDNN_MEM_POOL": "",
    "CLDNN_NV12_TWO_INPUTS": "",
    "CLDNN_SOURCES_DUMPS_DIR": "",
    "DUMP_EXEC_GRAPH_AS_DOT": "",
    "DUMP_QUANTIZED_GRAPH_AS_DOT": "",
    "DYN_BATCH_ENABLED": "a model of dynamic shape takes any batch: --data-shape gives them",
    "DYN_BATCH_LIMIT": "a model of dynamic shape takes any batch: --data-shape gives them",
    "GPU_NV12_TWO_INPUTS": "",
    "HETERO_DUMP_GRAPH_DOT": "",
    "MULTI_WORK_MODE_AS_AUTO": _BY_DEVICE.format("AUTO:GPU,CPU"),
    "TARGET_FALLBACK": _BY_DEVICE.format("HETERO:GPU,CPU"),
    "TUNING_FILE": "",
    "TUNING_MODE": "",
}


def successor_hint(name: str, known: Collection[str] = ()) -> str:
    """A suffix for the refusal of the property `name`: '; OpenVINO replaced it by NUM_STREAMS (--nstreams)'. Empty
    where it is no old key. `known`: properties that the devices here take, beside those of the catalogue."""
    key = name.strip().upper()
    taken = {*catalogue(), *known}
    bare = key.removeprefix("KEY_")
    if key in taken:
        return ""
    if bare in _DROPPED:
        return f"; OpenVINO dropped it: {_DROPPED[bare]}" if _DROPPED[bare] else "; OpenVINO dropped it"
    if bare in _REPLACED:
        return f"; OpenVINO replaced it by {_with_flag(_REPLACED[bare])}"
    if bare != key and bare in taken:
        return f"; OpenVINO writes it without KEY_ now: {_with_flag(bare)}"
    if key.startswith("VPUX_") and (npu := f"NPU_{key.removeprefix('VPUX_')}") in taken:
        return f"; OpenVINO replaced it by {_with_flag(npu)}"
    return ""


def _with_flag(successor: str) -> str:
    """'NUM_STREAMS (--nstreams)', or the name alone where no setting of its own has it."""
    name, _, value = successor.partition("=")
    setting = settings_by_property().get(name)
    if setting is None:
        return successor
    return f"{successor} ({fields()[setting].spec.flags[0]}{f' {value}' if value else ''})"
