"""The flags of the device and of OpenVINO's properties, and -load_config."""

from __future__ import annotations

from typing import Any

import click

from ovtui.cli.benchmark_app.arguments import Arguments
from ovtui.cli.benchmark_app.config_file import (
    DEVICE_PROPERTIES,
    device_properties,
    device_properties_text,
    read_config,
)
from ovtui.cli.benchmark_app.device_values import devices_of, value_by_device
from ovtui.cli.benchmark_app.draft import Draft
from ovtui.settings.device_names import kind_of, virtual_of
from ovtui.settings.errors import SettingsError
from ovtui.settings.openvino_properties.folding import fold_properties
from ovtui.settings.schema.settings import fields
from ovtui.settings.shown_text import in_quotes
from ovtui.settings.value_text import whole_number

HINT, NUM_REQUESTS = "PERFORMANCE_HINT", "PERFORMANCE_HINT_NUM_REQUESTS"
STREAMS, THREADS, PINNING = "NUM_STREAMS", "INFERENCE_NUM_THREADS", "ENABLE_CPU_PINNING"
PRECISION, COUNTERS, AUTO_BATCHING = "INFERENCE_PRECISION_HINT", "PERF_COUNT", "ALLOW_AUTO_BATCHING"
_STREAM_WORDS = {"-1": "AUTO", "-2": "NUMA"}
_PRECISIONS = {"fp32": "f32", "fp16": "f16"}


def target_of(device: str) -> str:
    """The device to which benchmark_app gives the properties: the virtual one, or the one that is named."""
    return device.partition(":")[0] if virtual_of(device) else device


def translate_device(arguments: Arguments, draft: Draft) -> None:
    """Raises click.UsageError."""
    device = arguments.target_device
    draft.values["device"] = device
    draft.meanings["target_device"] = f"--device {device}"
    target, virtual = target_of(device), virtual_of(device)
    if virtual in ("AUTO", "MULTI", "HETERO", "BATCH") or kind_of(device) == "GPU":
        draft.values["probe"] = "no"  # benchmark_app adds nothing to the model
    _load_config(arguments, target, draft)
    draft.config.setdefault(target, {})
    _hint(arguments, target, draft)
    _streams(arguments, draft)
    _precision(arguments, draft)
    if arguments.number_threads is not None:
        _of_the_cpu(arguments, draft, "number_threads", THREADS, str(arguments.number_threads or ""))
    if arguments.infer_threads_pinning:
        _of_the_cpu(arguments, draft, "infer_threads_pinning", PINNING, arguments.infer_threads_pinning)
    if arguments.path_to_cldnn_config:
        _gpu_kernels(arguments, draft)
    if arguments.cache_dir:
        draft.values["cache_dir"] = arguments.cache_dir
        draft.meanings["cache_dir"] = f"--cache-dir {arguments.cache_dir}"
    else:
        draft.meanings["cache_dir"] = "nothing: it is empty"
    if arguments.use_device_mem:
        draft.meanings["use_device_mem"] = "nothing: a CPU's device memory is the host's"
        draft.notes.append("-use_device_mem has no effect on a CPU")
    else:
        draft.meanings["use_device_mem"] = "inputs and outputs in the host's memory, as always here"


def set_property(draft: Draft, target: str, key: str, value: str, device: str = "") -> None:
    """A property of the device, or of one behind a virtual one, as a setting where there is one."""
    draft.properties[f"{device}.{key}" if device else key] = value
    of_target = draft.config.setdefault(target, {})
    if device:
        known = device_properties(of_target.get(DEVICE_PROPERTIES, ""))
        known.setdefault(device, {})[key] = value
        of_target[DEVICE_PROPERTIES] = device_properties_text(known)
    else:
        of_target[key] = value


def _load_config(arguments: Arguments, target: str, draft: Draft) -> None:
    if not arguments.load_config:
        draft.meanings["load_config"] = "nothing: it is empty"
        return
    found = read_config(arguments.load_config)
    if target not in found and kind_of(target) in found:
        found[target] = found.pop(kind_of(target))
    of_target = found.get(target, {})
    if arguments.path_to_cldnn_config == "" and "CONFIG_FILE" in found.get("GPU", {}) and target != "GPU":
        draft.properties["GPU.CONFIG_FILE"] = found["GPU"]["CONFIG_FILE"]
    for key, value in of_target.items():
        if key == DEVICE_PROPERTIES:
            for device, each in device_properties(value).items():
                draft.properties |= {f"{device}.{name}": text for name, text in each.items()}
        elif not (key == COUNTERS and value.upper() in ("NO", "FALSE")):
            draft.properties[key] = value
    try:
        _fold(draft)
    except SettingsError as error:
        raise click.UsageError(f"-load_config {arguments.load_config}: {error}") from None
    draft.config.update(found)
    unused = [device for device in found if device != target]
    if unused:
        draft.notes.append(
            f"-load_config {arguments.load_config}: -d {arguments.target_device} takes nothing of what it says of "
            f"{', '.join(name or in_quotes(name) for name in unused)}"
        )
    draft.meanings["load_config"] = f"settings and --set: {', '.join(of_target) or 'none for this device'}; flags win"


def _fold(draft: Draft) -> None:
    """Moves properties that are settings to these."""
    folded: dict[str, Any] = fold_properties({"properties": draft.properties})
    draft.properties = folded.pop("properties", {})
    draft.values.update(folded)


def _hint(arguments: Arguments, target: str, draft: Draft) -> None:
    by_api = "latency" if arguments.api == "sync" else "throughput"
    hint = arguments.perf_hint or draft.values.get("hint") or by_api
    draft.meanings["perf_hint"] = f"--hint {hint}"
    if target == "HETERO":
        if arguments.perf_hint not in ("", "none"):
            draft.notes.append("-hint: HETERO has no performance hint, so none is set, as in benchmark_app")
            draft.meanings["perf_hint"] = "--hint none: HETERO has no performance hint, there neither"
        hint = "none"
    draft.values["hint"] = hint
    if hint == "none":
        draft.config[target].pop(HINT, None)
    else:
        draft.config[target][HINT] = hint.upper()


def _streams(arguments: Arguments, draft: Draft) -> None:
    if not arguments.number_streams:
        draft.meanings["number_streams"] = "nothing: it is empty"
        return
    device, text = arguments.target_device, arguments.number_streams
    found = value_by_device("-nstreams", text, device)
    for name, word in found.items():
        value = _STREAM_WORDS.get(word, word.upper())
        if not (value in ("AUTO", "NUMA") or _is_count(value)):
            raise click.UsageError(f"-nstreams {text}: {in_quotes(word)} is not a number from 1, AUTO or NUMA")
        set_property(draft, target_of(device), STREAMS, value, name)
        if not name:
            draft.values["nstreams"] = draft.properties.pop(STREAMS)
    draft.meanings["number_streams"] = _by_device_text("--nstreams", STREAMS, found)


def _is_count(word: str) -> bool:
    try:
        return whole_number(word) > 0
    except ValueError:
        return False


def _precision(arguments: Arguments, draft: Draft) -> None:
    if not arguments.infer_precision:
        draft.meanings["infer_precision"] = "nothing: it is empty"
        return
    device, text = arguments.target_device, arguments.infer_precision
    found = value_by_device("-infer_precision", text, device)
    for name, word in found.items():
        value = _PRECISIONS.get(word.lower(), word.lower())
        if value not in ("f32", "f16", "bf16"):
            raise click.UsageError(f"-infer_precision {text}: {in_quotes(word)} is not f32, f16 or bf16")
        set_property(draft, target_of(device), PRECISION, value, name)
        if not name:
            draft.values["precision"] = draft.properties.pop(PRECISION)
    draft.meanings["infer_precision"] = _by_device_text("--infer-precision", PRECISION, found)


def _by_device_text(flag: str, key: str, found: dict[str, str]) -> str:
    if "" in found:
        return f"{flag} {found['']}"
    return " ".join(f"--set {name}.{key}={value}" for name, value in found.items())


def _of_the_cpu(arguments: Arguments, draft: Draft, name: str, key: str, value: str) -> None:
    """Threads and pinning: for a device itself, where it has them; for the CPU behind a virtual one."""
    device, flag = arguments.target_device, "-nthreads" if key == THREADS else "-pin"
    virtual, devices = virtual_of(device), devices_of(device)
    setting = next((each for each in fields().values() if each.spec.property == key), None)
    if not value:
        draft.meanings[name] = "nothing: 0 leaves it to OpenVINO"
        return
    behind = "CPU" if virtual in ("AUTO", "MULTI", "HETERO") and device != "AUTO" else ""
    # A GPU has pinning, too, of its own threads on the host.
    by_itself = not behind and key == PINNING and any(kind_of(each) == "GPU" for each in devices)
    if "CPU" not in devices and device != "AUTO" and not by_itself:
        draft.notes.append(f"{flag} {value}: -d {device} has no such threads: no effect, as there")
        draft.meanings[name] = f"nothing: -d {device} has no such threads"
        return
    set_property(draft, target_of(device), key, value, behind)
    if not behind and setting:
        draft.values[setting.name] = draft.properties.pop(key)
    draft.meanings[name] = (
        f"{setting.spec.flags[0]} {value}"
        if setting and not behind
        else f"--set {behind + '.' * bool(behind)}{key}={value}"
    )


def _gpu_kernels(arguments: Arguments, draft: Draft) -> None:
    path, device = arguments.path_to_cldnn_config, arguments.target_device
    if "GPU" not in device:
        draft.notes.append(f"-c {path}: its kernels are a GPU's, and -d {device} has none: no effect, as there")
        draft.meanings["path_to_cldnn_config"] = f"nothing: -d {device} has no GPU"
        return
    draft.properties["GPU.CONFIG_FILE"] = path
    draft.config.setdefault("GPU", {})["CONFIG_FILE"] = path
    draft.meanings["path_to_cldnn_config"] = f"--set GPU.CONFIG_FILE={path}"
