"""A model compiled for one of the two devices: with the person's settings, or as exactly as the device computes."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import openvino as ov

from ovtui.engine import devices, property_report
from ovtui.engine.errors import SetupError, UsageError, reason_of
from ovtui.engine.model.compile import compile_properties
from ovtui.engine.named_devices import devices_of
from ovtui.records.verification import Side
from ovtui.settings.device_names import candidates, device_suggestion, kind_of, virtual_of, wrong_letters
from ovtui.settings.schema.settings import Settings

_PRECISION = "INFERENCE_PRECISION_HINT"
_EXACTLY = {_PRECISION: "f32", "EXECUTION_MODE_HINT": "ACCURACY", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}
"""Each where the device takes it. The last two keep it from rounding what it multiplies to integers."""
_CACHE_EXACTLY = {"KV_CACHE_PRECISION": "f32"}
"""Of the CPU, whose attention holds its state in u8 by itself."""
_PRECISE = (*_EXACTLY, *_CACHE_EXACTLY)
_CHOOSES = ("AUTO", "MULTI", "BATCH")


class Compiled:
    """A compiled model with its one request. It is dropped freely: on a device named directly, with requests that have
    come back, that neither blocks nor hangs."""

    def __init__(self, core: ov.Core, model: ov.Model, device: str, properties: dict[str, Any], name: str) -> None:
        """Raises SetupError with OpenVINO's reason."""
        try:
            self.model = core.compile_model(model, device, properties)
            self.request = self.model.create_infer_request()
        except RuntimeError as error:
            raise SetupError(f"{device}: {reason_of(error)}") from None
        self.device = device
        self.name = name

    @property
    def precision(self) -> str:
        """INFERENCE_PRECISION_HINT in force: 'f32'; empty where the compiled model does not tell."""
        return self._type(_PRECISION)

    @property
    def state_precision(self) -> str:
        """KV_CACHE_PRECISION in force: an attention may keep its state in fewer bits than it computes with. Empty
        without state."""
        return self._type("KV_CACHE_PRECISION") if self.request.query_state() else ""

    def _type(self, name: str) -> str:
        with contextlib.suppress(RuntimeError, TypeError):
            return precision_name(self.model.get_property(name))
        return ""

    def side(self) -> Side:
        ran_on = []
        with contextlib.suppress(RuntimeError, TypeError):
            ran_on = [str(each) for each in self.model.get_property("EXECUTION_DEVICES")]
        return Side(
            device=self.device, ran_on=ran_on, precision=self.precision, state_precision=self.state_precision,
            model=self.name,
        )  # fmt: skip

    def infer(self) -> None:
        """Raises SetupError with OpenVINO's reason."""
        try:
            self.request.infer()
        except RuntimeError as error:
            raise SetupError(f"{self.device}: the inference failed: {reason_of(error)}") from None


def precision_name(value: Any) -> str:
    if isinstance(value, ov.Type):
        return str(value.get_type_name())
    return str(value).lower()


def require_device(core: ov.Core, device: str, flag: str) -> None:
    """Raises SetupError where the machine lacks it, UsageError where it may run on one device and another."""
    virtual = virtual_of(device)
    if virtual in _CHOOSES:
        instead = "AUTO and MULTI choose the device themselves" if virtual != "BATCH" else "one request is no batch"
        raise UsageError(f"{flag} {device}: {instead}; name one device, as in {flag} GPU")
    for name in candidates(device, ()):
        if wrong := wrong_letters(name):
            raise SetupError(wrong)
        here = devices_of(core, kind_of(name))
        if name in here or (name.partition(".")[2] in ("", "0") and here):
            continue
        raise SetupError(
            f"{device}: no {name} on this machine"
            + (device_suggestion(name, here or ["CPU", "GPU", "NPU"]) or _pointer(name))
        )


def _pointer(name: str) -> str:
    why = devices.why_no_accelerator(name)
    return f"; {why}" if why else "; ovtui devices lists what there is"


def as_asked(settings: Settings, device: str) -> dict[str, Any]:
    """The properties by the settings, one request at a time: no hint makes batches."""
    alone = msgspec.structs.replace(
        settings, device=device, hint="latency", nireq=0, cache_dir="", auto_batching="default", batch_timeout_ms=None
    )
    return {key: value for key, value in compile_properties(alone, device).items() if key != "CACHE_DIR"}


def exactly(core: ov.Core, settings: Settings, device: str) -> dict[str, Any]:
    """As `as_asked`, in f32 and by the most exact way that the device takes properties for."""
    kept = {key: value for key, value in settings.properties.items() if key.rpartition(".")[2] not in _PRECISE}
    plain = msgspec.structs.replace(settings, precision="default", properties=kept)
    taken = supported(core, device)
    more = {**_EXACTLY, **(_CACHE_EXACTLY if kind_of(device) == "CPU" else {})}
    return as_asked(plain, device) | {key: value for key, value in more.items() if key in taken}


def truly(core: ov.Core, settings: Settings, device: str) -> dict[str, Any]:
    """For the device that is taken for the truth: `exactly`, with those properties of --set alone that name it."""
    named = {key: value for key, value in settings.properties.items() if "." in key}
    return exactly(core, msgspec.structs.replace(settings, properties=named, nstreams="", nthreads=0), device)


def supported(core: ov.Core, device: str) -> set[str]:
    """The properties that can be given to the device. HETERO takes any, and hands them on."""
    if virtual_of(device):
        return set(_EXACTLY)
    try:
        found = dict(core.get_property(device, "SUPPORTED_PROPERTIES"))
    except (RuntimeError, TypeError):
        return set()
    return {str(key) for key, access in found.items() if str(access) != "RO"}


def misspelt(core: ov.Core, settings: Settings, device: str, reason: str) -> str:
    """What a property may have meant that OpenVINO refused, to follow its reason; empty where nothing is known."""
    here = {name: "" for each in candidates(device, ()) for name in devices_of(core, kind_of(each))}
    return property_report.misspelling_hint(core, settings, device, here, reason)
