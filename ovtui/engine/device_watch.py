"""Reads EXECUTION_DEVICES of the compiled model and watches it for changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import openvino as ov

from ovtui.engine.devices import candidates, virtual_of
from ovtui.records.device_codes import code_of

STAND_IN_POLL_S, SETTLED_POLL_S = 0.001, 0.05
"""Polling period while a stand-in serves (a switch is seen within 2 ms), and after that."""
FAST_POLL_LIMIT_S = 120.0
"""After this time with a stand-in, polling slows down to SETTLED_POLL_S: AUTO can stay at '(CPU)' for good."""

OnDeviceChange = Callable[[list[str], list[str]], None]


class DeviceWatch:
    """Any thread may call `read`. The thread that sees a change first calls `changed`, once for each change, with the
    devices before and after."""

    def __init__(
        self, compiled: ov.CompiledModel, device: str, available: dict[str, str], changed: OnDeviceChange
    ) -> None:
        self._compiled = compiled
        self._on_change = changed
        self._lock = threading.Lock()
        self._last: list[str] = list(compiled.get_property("EXECUTION_DEVICES"))
        self._code = code_of(self._last)
        self.may_change = virtual_of(device) == "AUTO" and len(candidates(device, available)) > 1

    @property
    def devices(self) -> list[str]:
        return self._last

    def reader(self) -> Callable[[], int]:
        """A function that returns the code of the serving device. Where the device cannot change it reads no property,
        which costs 3 us from Python."""
        if self.may_change:
            return self.read
        code = self._code
        return lambda: code

    def read(self) -> int:
        devices = self._compiled.get_property("EXECUTION_DEVICES")
        if devices != self._last:
            self._report_change(devices)
        return self._code

    def start(self) -> None:
        if self.may_change:
            threading.Thread(target=self._watch, name="device-watch", daemon=True).start()

    def _watch(self) -> None:
        began = time.monotonic()
        while True:
            self.read()
            pending = self._last == ["(CPU)"] and time.monotonic() - began < FAST_POLL_LIMIT_S
            time.sleep(STAND_IN_POLL_S if pending else SETTLED_POLL_S)

    def _report_change(self, devices: Sequence[str]) -> None:
        with self._lock:
            if devices == self._last:
                return
            before, self._last = self._last, list(devices)
            self._code = code_of(self._last)
            self._on_change(before, self._last)
