"""A fleet without boxes: what a controller would offer, at a time that the caller sets."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

import msgspec

from ovtui.records.fleet import FINAL_PHASES, BoxFacts, BoxPhase, BoxState
from ovtui.records.following import BLOCK_S, Block, Now
from ovtui.settings.schema.settings import Settings

NUC = BoxFacts(
    kind="i5-1240P 12 cores, Iris Xe",
    facts={
        "cpu": "12th Gen Intel(R) Core(TM) i5-1240P", "cores": "12", "memory": "15.6 GiB",
        "GPU.0": "Intel(R) Iris(R) Xe Graphics", "GPU.0 driver": "25.3", "kernel": "6.8.0", "openvino": "2026.2.1",
        "ovtui": "1.4.0", "python": "3.12", "governor": "performance", "quota": "none",
    },
)  # fmt: skip
ARC = BoxFacts(
    kind="Ultra 7 155H 22 cores, Arc",
    facts={
        "cpu": "Intel(R) Core(TM) Ultra 7 155H", "cores": "22", "memory": "31.1 GiB",
        "GPU.0": "Intel(R) Arc(TM) Graphics", "GPU.0 driver": "25.3", "kernel": "6.11.0", "openvino": "2026.2.1",
        "ovtui": "1.4.0", "python": "3.13", "governor": "powersave", "quota": "none",
    },
)  # fmt: skip
OLD_DRIVER = msgspec.structs.replace(NUC, facts={**NUC.facts, "GPU.0 driver": "24.1", "governor": "powersave"})
FAILED_TEXT = "the disk is full: 0 MB are free in /home/edge/.local/state; free some, then ovtui fleet resume goes on"


class FakeFleet:
    """A FleetSource. `advance` moves its time; boxes tell every `every_s`."""

    def __init__(self, boxes: int = 12, *, every_s: float = 2.0, odd: bool = True) -> None:
        """Of two kinds. `odd`: with one that differs, one that failed and one that is silent."""
        self.name = "20261130-2041-kp"
        self.settings = Settings(model="/models/demo-cnn.xml", device="AUTO", hint="throughput")
        self.version, self.finished, self.began_s = 0, False, 0.0
        self.now_s = 0.0
        self.stopped: list[tuple[str, ...]] = []
        self.stopped_at_once = False
        self.problem = ""
        self.left = False
        """`run` was cancelled."""
        self.runs: Callable[[], object] = lambda: None
        self._every_s, self._end = every_s, asyncio.Event()
        self.states = [
            BoxState(name=f"edge-{number + 1:02}", facts=self._facts(number, odd)) for number in range(boxes)
        ]
        self._odd = odd

    def _facts(self, number: int, odd: bool) -> BoxFacts:
        if number % 3 == 2:
            return ARC
        return OLD_DRIVER if odd and number == 3 else NUC

    async def run(self) -> object:
        self.runs()
        try:
            await self._end.wait()
        except asyncio.CancelledError:
            self.left = True
            raise
        return None

    def stop(self, *names: str) -> None:
        self.stopped.append(names)
        for state in self.states:
            if (not names or state.name in names) and state.phase not in FINAL_PHASES:
                state.phase = "ending"
        self.version += 1

    def stop_at_once(self) -> None:
        self.stopped_at_once = True
        self.finish()

    def finish(self) -> None:
        for state in self.states:
            if state.phase != "failed":
                state.phase, state.silent_s, state.code = "done", None, 0
        self.finished = True
        self.version += 1
        self._end.set()

    def advance(self, seconds: float) -> None:
        before, self.now_s = self.now_s, self.now_s + seconds
        if self.finished:
            return
        for number, state in enumerate(self.states):
            phase_s = number % 5 * self._every_s / 5  # not all at once
            tells = int((before + phase_s) / self._every_s) != int((self.now_s + phase_s) / self._every_s)
            if tells and state.phase not in ("ending", *FINAL_PHASES):
                self._tell(number, state)
                self.version += 1

    def _tell(self, number: int, state: BoxState) -> None:
        begins_s = 1.0 + number % 4
        if self._odd and number == 7 and self.now_s > 10:
            state.phase, state.text = "failed", FAILED_TEXT
            return
        if self._odd and number == 9 and self.now_s > 20:
            state.silent_s, state.text = self.now_s - 20, "its line broke; it is connected to again"
            state.reconnects = 1
            return
        if self.now_s < begins_s:
            phases: tuple[BoxPhase, ...] = ("waiting", "connecting", "looking", "sending")
            state.phase = phases[min(int(4 * self.now_s / begins_s), 3)]
            return
        state.phase, state.session = "running", f"{0x3A7F00 + 91 * number:06x}"
        state.remote_recording = f"/home/edge/.local/state/ovtui/fleet/{self.name}/recording.ovtui"
        load_s = self.now_s - begins_s
        state.blocks += [self._block(number, k) for k in range(len(state.blocks), int(load_s / BLOCK_S))]
        state.now = self._now(number, state, load_s)

    def _slow(self, number: int) -> float:
        kind = 0.6 if number % 3 == 2 else 1.0
        return kind * (1.34 if self._odd and number == 3 else 1.0) * (1 + 0.004 * math.sin(5.1 * number))

    def _block(self, number: int, k: int) -> Block:
        p50_ms = 8.3 * self._slow(number) * (1 + 0.02 * math.sin(1.7 * k + number))
        rate = 3400 / p50_ms
        return Block(number=k, requests=int(rate * 2), throughput=rate, p50_ms=p50_ms, p99_ms=2.6 * p50_ms)

    def _now(self, number: int, state: BoxState, load_s: float) -> Now:
        block = state.blocks[-1] if state.blocks else None
        served = "GPU.0" if load_s > 4 else "(CPU)"
        completed = int(400 * load_s / self._slow(number))
        return Now(
            session=state.session, version="1.4.0", openvino="2026.2.1", t_s=load_s,
            phase="serving" if load_s > 0.5 else "starting", model="demo-cnn", requested="AUTO", device=served,
            hint="throughput", submitted=completed + 16, completed=completed,
            errors=3 if self._odd and number == 5 else 0, in_flight=16,
            throughput=block.throughput if block else None, p50_ms=block.p50_ms if block else None,
            p99_ms=block.p99_ms if block else None, handovers=int(load_s > 4),
            handover_s=3.61 + 0.02 * number if load_s > 4 else None, batch_share=0.972 if load_s > 4 else None,
            temperature_c=61.0 + number % 4, throttled=["gpu"] if self._odd and number == 10 else [], missed=[],
            text="", recording=state.remote_recording, blocks=[],
        )  # fmt: skip
