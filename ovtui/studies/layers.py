"""The times of the layers, of a profiled engine beside an untouched one, in a process of their own. The session's load
rests meanwhile: neither the timed requests nor the profiled ones are disturbed."""

from __future__ import annotations

import os
import threading
from queue import Empty, SimpleQueue

from ovtui.host.layers_profiler import NotProfiled, profile_layers
from ovtui.metrics.session.layers_state import DeviceLayers, device_text
from ovtui.records import layers as steps
from ovtui.records.layers import Layers, LayersStep
from ovtui.records.study_events import Doing, LayersAnswer, LayersSpec
from ovtui.settings.changes import with_changes
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.settings import Settings
from ovtui.studies.conductor import LOOK_S, Conductor, Found, StudyStopped, TurnFailed
from ovtui.studies.layers_teller import LayersTeller

LIMIT_S = 3600.0
"""The longest of one device where the study has no limit of its own: a person can stop it."""
_END_S = 5.0
"""How long the profiler's thread may take once its process is killed."""
_RESERVE_S = 1.0
"""What of the study's limit is for telling the result."""
_COMPILING = "compiling for "
_STEP_NS = 3_000_000_000
"""From one word on how many inferences are done to the next."""


def run(conductor: Conductor) -> Found:
    spec = conductor.began.spec
    assert isinstance(spec, LayersSpec)
    study = LayersStudy(conductor, spec)
    try:
        study.rest()
        for device in spec.devices:
            study.profile(device)
    except TurnFailed as error:
        study.failures.append(f"the engine of this session died: {error}")
    except StudyStopped:
        pass
    return study.found()


class LayersStudy:
    """Owner: the study's process, whose one other thread waits for the profiler."""

    def __init__(self, conductor: Conductor, spec: LayersSpec) -> None:
        self._conductor, self._spec = conductor, spec
        self._planned = len(spec.devices)
        self._done: dict[str, Layers] = {}
        """Those that are told, by device."""
        self._broken_off: list[str] = []
        """What is said of devices of which some is told."""
        self.failures: list[str] = []
        self._told_step: tuple[str, int] = ("", 0)
        """What was told last, and when."""
        self._compiles = False
        """The device's profiler compiles, or has compiled."""
        self._since: tuple[int, int] | None = None
        """When the device was first known to have done some inferences, and how many."""

    def rest(self) -> None:
        """Halts the load. Raises TurnFailed, StudyStopped, SessionGone."""
        self._conductor.step("resting", "the load", point=1, planned=self._planned)
        self._conductor.rest()

    def profile(self, device: str) -> None:
        """Profiles one device to its end; a failure is kept, and the next device has its turn. Raises StudyStopped,
        SessionGone: its process is killed then, and what it has told so far is told."""
        number = self._spec.devices.index(device) + 1
        self._conductor.step("compiling", device, point=number, planned=self._planned)
        self._told_step, self._compiles, self._since = ("", 0), False, None
        try:
            profiler = _Profiler(self._spec, device, self._limit_s(number))
        except SettingsError as error:
            self.failures.append(f"{device}: {error}")
            return
        teller = LayersTeller(self._conductor, device)
        try:
            while not profiler.ended:
                self._conductor.look(LOOK_S)
                self._take(profiler, teller, number)
            self._take(profiler, teller, number)  # what came last
        finally:
            profiler.stop()
            if profiler.layers is None:
                teller.tell_all(None)
                if teller.layers:
                    self._broken_off.append(device_text(DeviceLayers(device, teller.layers)))
        if profiler.layers is None:
            said = device in profiler.failure
            self.failures.append(profiler.failure if said else f"{device}: {profiler.failure}")
            return
        teller.take(profiler.layers.layers)
        teller.tell_all(profiler.layers.head)
        self._done[device] = profiler.layers

    def _limit_s(self, number: int) -> float:
        """Of this device: its part of the time that the study has left, so that each one comes to a result."""
        if not self._spec.limit_s:
            return LIMIT_S
        passed_s = (self._conductor.now_ns - self._conductor.began.t_ns) / 1e9
        return max((self._spec.limit_s - passed_s) / (self._planned - number + 1) - _RESERVE_S, 1.0)

    def _take(self, profiler: _Profiler, teller: LayersTeller, number: int) -> None:
        """What the profiler has told since the last look."""
        for step in profiler.news():
            match step:
                case steps.Doing():
                    self._tell_step(step, profiler.device, number)
                case steps.LayersTold():
                    teller.take(step.layers)
        teller.tell_some()

    def _tell_step(self, step: steps.Doing, device: str, number: int) -> None:
        """Words that are new, and from time to time how many inferences are done."""
        now_ns, (text, told_ns) = self._conductor.now_ns, self._told_step
        if step.text == text and (not step.planned or now_ns - told_ns < _STEP_NS):
            return
        doing: Doing = "measuring"
        left_s = None
        if step.planned:
            words = f"{device}, {step.done:,} of {step.planned:,} inferences"
            since_ns, done = self._since = self._since or (now_ns, step.done)
            if step.done > done and number == self._planned:
                left_s = (now_ns - since_ns) / 1e9 * (step.planned - step.done) / (step.done - done)
        else:
            if step.text.startswith(_COMPILING):
                doing, words, self._compiles = "compiling", step.text.removeprefix(_COMPILING), True
            elif self._compiles:
                words = f"{device}: {step.text}"
            else:
                return  # it reads the model yet: that it is to be compiled was told
        self._told_step = step.text, now_ns
        self._conductor.step(doing, words, point=number, planned=self._planned, left_s=left_s)

    def found(self) -> Found:
        told = [
            device_text(DeviceLayers(device, {layer.order: layer for layer in found.layers}, found.head))
            for device, found in self._done.items()
        ]
        text = "; ".join([*told, *self._broken_off, *self.failures]) or "no device was profiled to its end"
        return Found(text, LayersAnswer(devices=list(self._done)), failed=bool(self.failures) and not self._done)


class _Profiler:
    """One device, profiled on a thread that waits for its process. Owner: the study's thread."""

    def __init__(self, spec: LayersSpec, device: str, limit_s: float) -> None:
        """Starts it. Raises SettingsError for a device that is none."""
        self.device = device
        self.layers: Layers | None = None
        self.failure = "its process was stopped"
        self._news: SimpleQueue[LayersStep] = SimpleQueue()
        self._stop_fd = os.eventfd(0)
        settings = with_changes(spec.settings, {"device": device})
        self._thread = threading.Thread(
            target=self._run, args=(settings, spec.inferences, limit_s), name="profiler", daemon=True
        )
        self._thread.start()

    def _run(self, settings: Settings, inferences: int, limit_s: float) -> None:
        try:
            self.layers = profile_layers(
                settings, inferences=inferences, limit_s=limit_s, on_step=self._news.put, stop_fd=self._stop_fd
            )
        except NotProfiled as error:
            self.failure = str(error)

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def news(self) -> list[LayersStep]:
        found: list[LayersStep] = []
        while True:
            try:
                found.append(self._news.get_nowait())
            except Empty:
                return found

    def stop(self) -> None:
        """Kills its process where that has not ended."""
        os.eventfd_write(self._stop_fd, 1)
        self._thread.join(_END_S)
        if self.ended:
            os.close(self._stop_fd)
