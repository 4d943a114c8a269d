"""Put on PYTHONPATH, it has every Python process that imports openvino tell what is asked of OpenVINO: what is
compiled, with which properties, what the compiled model answers, which infer requests are made, and each inference with
its inputs. The calls are caught beneath openvino's own Python layer, where benchmark_app and ovtui's engine meet.

OPENVINO_WATCH names the folder of the files, one for each process (`PID.jsonl`, an event a line, and `PID.count`, eight
bytes with the number of inferences), so that a process that is killed has told all. Without it nothing is caught.
OPENVINO_WATCH_ANSWER: a compiled model with static inputs is also asked for its answer to one made-up input, which
shows what its preprocessing does."""

from __future__ import annotations

import functools
import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

FOLDER, ANSWER = "OPENVINO_WATCH", "OPENVINO_WATCH_ANSWER"
TOLD = 400
"""Inferences of which each is told; the rest is counted."""
PROPERTIES = (
    "PERFORMANCE_HINT", "PERFORMANCE_HINT_NUM_REQUESTS", "NUM_STREAMS", "INFERENCE_NUM_THREADS",
    "INFERENCE_PRECISION_HINT", "ENABLE_CPU_PINNING", "EXECUTION_MODE_HINT", "SCHEDULING_CORE_TYPE",
    "ENABLE_HYPER_THREADING", "PERF_COUNT", "ALLOW_AUTO_BATCHING", "AUTO_BATCH_TIMEOUT", "MODEL_PRIORITY",
    "MULTI_DEVICE_PRIORITIES", "OPTIMAL_NUMBER_OF_INFER_REQUESTS", "EXECUTION_DEVICES", "LOADED_FROM_CACHE",
    "NETWORK_NAME",
)  # fmt: skip
OF_DEVICES = ("PERFORMANCE_HINT", "NUM_STREAMS", "INFERENCE_NUM_THREADS", "INFERENCE_PRECISION_HINT",
              "ENABLE_CPU_PINNING")  # fmt: skip
"""What is kept of the devices beneath AUTO, MULTI and HETERO, as 'CPU.NUM_STREAMS'."""


class _Teller:
    """The files of this process. A process that was forked makes its own."""

    def __init__(self) -> None:
        self._pid = 0
        self._events = self._counts = -1
        self.inferences = 0

    def tell(self, kind: str, **what: Any) -> None:
        if self._open():
            os.write(self._events, json.dumps({"event": kind, **what}, default=str).encode() + b"\n")

    def count(self) -> None:
        if self._open():
            self.inferences += 1
            os.pwrite(self._counts, self.inferences.to_bytes(8, "little"), 0)

    def _open(self) -> bool:
        folder = os.environ.get(FOLDER)
        if not folder:
            return False
        if self._pid != os.getpid():
            self._pid, self.inferences = os.getpid(), 0
            path = os.path.join(folder, str(self._pid))  # noqa: PTH118 (pathlib would be imported by every process)
            self._events = os.open(path + ".jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._counts = os.open(path + ".count", os.O_WRONLY | os.O_CREAT, 0o600)
            self.tell("process", command=sys.orig_argv)
        return True


_teller = _Teller()


def _wrap(owner: Any, name: str) -> Callable[[Callable[..., Any]], None]:
    """`owner.name` becomes the function that is decorated, which gets the one before as its first argument."""

    def put(function: Callable[..., Any]) -> None:
        before = getattr(owner, name)

        @functools.wraps(before)
        def called(*arguments: Any, **named: Any) -> Any:
            return function(before, *arguments, **named)

        setattr(owner, name, called)

    return put


def _watch(ov: Any) -> None:
    native = ov._pyopenvino
    new_request = native.CompiledModel.create_infer_request
    infer = native.InferRequest.infer

    @_wrap(native.Core, "set_property")
    def _(before: Any, core: Any, *arguments: Any, **named: Any) -> Any:
        _teller.tell("set_property", arguments=[_plain(each) for each in arguments])
        return before(core, *arguments, **named)

    @_wrap(native.Core, "compile_model")
    def _(before: Any, core: Any, *arguments: Any, **named: Any) -> Any:
        compiled = before(core, *arguments, **named)
        _compiled(compiled, "path" if isinstance(arguments[0], str | os.PathLike) else "model", arguments)
        return compiled

    @_wrap(native.Core, "import_model")
    def _(before: Any, core: Any, *arguments: Any, **named: Any) -> Any:
        compiled = before(core, *arguments, **named)
        _compiled(compiled, "blob", arguments)
        return compiled

    def _compiled(compiled: Any, source: str, arguments: tuple[Any, ...]) -> None:
        given = list(arguments[1:])
        config = next((each for each in given if isinstance(each, dict)), {})
        device = next((each for each in given if isinstance(each, str)), "")
        layouts = [None] * len(compiled.inputs)
        if source == "model":
            layouts = [str(port.node.layout) for port in arguments[0].inputs]
        _teller.tell(
            "compile", source=source, device=device, config=_plain(config), properties=_properties(compiled),
            inputs=[[*_port(port), layout] for port, layout in zip(compiled.inputs, layouts, strict=True)],
            outputs=[_port(port) for port in compiled.outputs],
            answer=_answer(compiled) if os.environ.get(ANSWER) else None,
        )  # fmt: skip

    def _answer(compiled: Any) -> list[list[float]] | None:
        if any(port.partial_shape.is_dynamic for port in compiled.inputs):
            return None
        request = new_request(compiled)
        for port in compiled.inputs:
            flat = request.get_tensor(port).data.reshape(-1)
            flat[:] = [(7 * k) % 251 for k in range(flat.size)]
        infer(request, {}, True, False)
        return [[float(value) for value in request.get_tensor(port).data.reshape(-1)[:64]] for port in compiled.outputs]

    @_wrap(native.CompiledModel, "create_infer_request")
    def _(before: Any, compiled: Any) -> Any:
        _teller.tell("request")
        return before(compiled)

    @_wrap(native.AsyncInferQueue, "__init__")
    def _(before: Any, queue: Any, *arguments: Any, **named: Any) -> None:
        before(queue, *arguments, **named)
        _teller.tell("queue", size=len(queue))

    @_wrap(native.InferRequest, "infer")
    def _(before: Any, request: Any, *arguments: Any, **named: Any) -> Any:
        _inference("sync", request)
        return before(request, *arguments, **named)

    @_wrap(native.InferRequest, "start_async")
    def _(before: Any, request: Any, *arguments: Any, **named: Any) -> Any:
        _inference("async", request)
        return before(request, *arguments, **named)

    item = native.AsyncInferQueue.__getitem__

    @_wrap(native.AsyncInferQueue, "start_async")
    def _(before: Any, queue: Any, *arguments: Any, **named: Any) -> Any:
        _inference("queue", item(queue, queue.get_idle_request_id()))
        return before(queue, *arguments, **named)

    @_wrap(native.InferRequest, "reset_state")
    def _(before: Any, request: Any) -> Any:
        _teller.tell("reset")
        return before(request)

    @_wrap(native.VariableState, "reset")
    def _(before: Any, state: Any) -> Any:
        _teller.tell("reset")
        return before(state)


def _inference(how: str, request: Any) -> None:
    _teller.count()
    if _teller.inferences > TOLD:
        return
    tensors = [request.get_tensor(port) for port in request.model_inputs]
    _teller.tell(
        "infer", how=how, shapes=[list(each.shape) for each in tensors], data=[_digest(each) for each in tensors]
    )


def _digest(tensor: Any) -> str:
    return hashlib.blake2b(tensor.data.tobytes(), digest_size=8).hexdigest()


def _properties(compiled: Any) -> dict[str, str]:
    found = {}
    for key in PROPERTIES:
        try:
            found[key] = str(compiled.get_property(key))
        except (RuntimeError, TypeError):
            continue
    try:
        devices = compiled.get_property("DEVICE_PROPERTIES")
    except (RuntimeError, TypeError):
        devices = {}
    for device, values in devices.items():
        found |= {f"{device}.{key}": str(values[key]) for key in OF_DEVICES if key in values}
    return found


def _port(port: Any) -> list[str]:
    return [
        port.any_name if port.names else port.node.friendly_name,
        port.element_type.get_type_name(),
        str(port.partial_shape),
    ]


def _plain(value: Any) -> Any:
    """For JSON; OpenVINO's own values as text."""
    if type(value).__name__ == "OVAny":
        return _plain(value.value)
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)


class _Loader(importlib.abc.Loader):
    def __init__(self, real: Any) -> None:
        self._real = real

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self._real.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        self._real.exec_module(module)
        _watch(module)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds openvino as the others do, and has it watched once it is imported."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "openvino":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            spec.loader = _Loader(spec.loader)
        return spec


if os.environ.get(FOLDER):
    sys.meta_path.insert(0, _Finder())
