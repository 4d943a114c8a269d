"""All boxes of a run: so many at a time, each from its connection to its result."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable

from ovtui.fleet.box import BoxError, FaultKind, FleetError
from ovtui.fleet.on_box.one_machine import one_machine_sentences
from ovtui.fleet.running.box_run import BoxRun
from ovtui.fleet.running.held_line import HeldLine, Opening
from ovtui.fleet.running.journal import Failed, Standing
from ovtui.fleet.running.measure_options import MeasureOptions
from ovtui.fleet.running.preparing import AskFacts
from ovtui.fleet.running.restored import fault_of, faults_of, state_of
from ovtui.fleet.running.run_folder import RunFolder
from ovtui.fleet.told import unusable
from ovtui.records.fleet import FINAL_PHASES, BoxState

OPENED_AT_ONCE = 16
"""Lines that are opened at the same time, and boxes that are looked at: a key exchange takes 15 ms of CPU here, and a
box's silence is measured. Many boxes may be machines of one host."""
TICK_S = 1.0


class FleetController:
    """Owner: the loop in which `run` was called; so are the states, which it alone changes."""

    def __init__(
        self,
        folder: RunFolder,
        opening: Opening,
        *,
        facts: AskFacts | None = None,
        changed: Callable[[BoxState], None] = lambda _: None,
    ) -> None:
        """A run that is new, or that is to be gone on with. `changed` is called after each change of a state. Raises
        FleetError where its folder cannot be read."""
        brief = folder.brief
        self.name, self.settings, self.began_s = brief.name, brief.settings, brief.began_s
        self.version = 0
        self.finished = False
        self.interrupted = False
        """`stop` was called, for all."""
        self.problem = ""
        """Why the whole was broken off, as a sentence; what runs on the boxes goes on there then."""
        self.faults: dict[str, FaultKind]
        """Of the boxes that failed."""
        self._folder, self._opening, self._facts, self._told = folder, opening, facts, changed
        self._standings: dict[str, Standing] = {box.name: folder.standing(box.name) for box in brief.boxes}
        self.states: list[BoxState] = [state_of(box.name, self._standings[box.name]) for box in brief.boxes]
        self.faults = faults_of(self.states, folder)
        self._state_of = {state.name: state for state in self.states}
        waiting = [box for box in brief.boxes if self._state_of[box.name].phase not in FINAL_PHASES]
        begun_first = sorted(waiting, key=lambda box: self._standings[box.name].begins is None)
        self._queue = deque(begun_first)
        self._opened_at_once = self._looked_at_once = asyncio.Semaphore(OPENED_AT_ONCE)
        self._runs: dict[str, BoxRun] = {}
        self._tasks: dict[str, asyncio.Task[object]] = {}
        self._stopped: set[str] = set()
        self._at_once = False

    async def run(self) -> None:
        """Until all boxes are done or failed. Cancelled, it closes its lines and leaves what runs on the boxes
        running."""
        self._opened_at_once, self._looked_at_once = (asyncio.Semaphore(OPENED_AT_ONCE) for _ in range(2))
        jobs = max(1, min(self._folder.brief.jobs, len(self._queue)))
        workers = [asyncio.ensure_future(self._work()) for _ in range(jobs)]
        ticker = asyncio.ensure_future(self._tick())
        try:
            await asyncio.gather(*workers)
        except FleetError as error:
            self.problem = str(error)
        finally:
            for task in (*workers, ticker):
                task.cancel()
            await asyncio.gather(*workers, ticker, return_exceptions=True)
            self.finished = True
            self.version += 1

    def stop(self, *names: str) -> None:
        """Ends the loads of these boxes, without names of all, drains them and fetches what was measured; a box that
        waits for its turn is not begun. Returns at once."""
        self.interrupted = self.interrupted or not names
        chosen = set(names) or set(self._state_of)
        self._stopped |= chosen
        for name in chosen & set(self._runs):
            self._runs[name].stop()

    def stop_at_once(self) -> None:
        """As `stop` of all, without waiting for requests in flight or fetching what is not here yet."""
        self.interrupted = self._at_once = True
        self._stopped = set(self._state_of)
        for task in list(self._tasks.values()):
            task.cancel()

    def what_runs(self) -> dict[str, str]:
        """What may still run on boxes that could not be told to end, by name: 'session 4f2a'."""
        return {
            name: runs for name, run in self._runs.items() if self.faults.get(name) and (runs := run.what_runs())
        }  # fmt: skip

    def one_machines(self) -> list[str]:
        """A sentence for each machine that is several of the boxes that were begun here."""
        return one_machine_sentences({name: run.boot for name, run in self._runs.items()})

    async def _work(self) -> None:
        while self._queue:
            box = self._queue.popleft()
            state, standing = self._state_of[box.name], self._standings[box.name]
            if box.name in self._stopped and standing.begins is None:
                self._failed(state, "interrupted", "interrupted before its turn")
                continue
            line = HeldLine(box, self._opening, self._opened_at_once)
            run = BoxRun(
                line, self.settings, self._options(box.name), state=state, changed=self._changed,
                model=self._folder.brief.model, journal=self._folder.journal(box.name), standing=standing,
                facts=self._facts, looked_at_once=self._looked_at_once,
            )  # fmt: skip
            self._runs[box.name] = run
            try:
                await self._measure(box.name, run)
            finally:
                await line.drop()

    async def _measure(self, name: str, run: BoxRun) -> None:
        task = asyncio.ensure_future(run.measure())
        self._tasks[name] = task
        if name in self._stopped:
            asyncio.get_running_loop().call_soon(run.stop)
        try:
            await task
            if run.state.phase == "failed":
                self.faults[name] = fault_of(run.state)
        except BoxError as error:
            await self._fail(run, error)
        except FleetError:
            raise
        except Exception as error:
            await self._fail(run, unusable(error))
        except asyncio.CancelledError:
            mine = asyncio.current_task()
            if not self._at_once or (mine is not None and mine.cancelling()):
                raise
            await self._end_at_once(run)
        finally:
            del self._tasks[name]

    async def _end_at_once(self, run: BoxRun) -> None:
        try:
            await run.end_at_once()
            text = "stopped at once"
            if run.what_runs():
                text += f"; ovtui fleet resume {self.name} fetches what it has measured"
            await self._fail(run, BoxError("interrupted", text), ended_there=True)
        except BoxError as error:
            runs = run.what_runs()
            left = f"; {runs} runs on there, to its own end" if runs else ""
            await self._fail(run, BoxError(error.kind, f"could not be stopped: {error.text}{left}"), ended_there=True)

    async def _fail(self, run: BoxRun, error: BoxError, *, ended_there: bool = False) -> None:
        entry = run.failure(error)
        if ended_there:
            entry = Failed(fault=error.kind, text=error.text, final=False)
        if entry.final or (error.kind == "interrupted" and not ended_there):
            await run.clean_up()
        self._failed(run.state, entry.fault, entry.text)
        await run.kept.note(entry)

    def _failed(self, state: BoxState, fault: FaultKind, text: str) -> None:
        self.faults[state.name] = fault
        state.phase, state.text, state.silent_s = "failed", text, None
        self._changed(state)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            now_s = time.monotonic()
            for name in list(self._tasks):
                with contextlib.suppress(KeyError):
                    self._runs[name].tick(now_s)

    def _options(self, name: str) -> MeasureOptions:
        brief = self._folder.brief
        return MeasureOptions(
            run=brief.name, every_s=brief.every_s, patience_s=brief.patience_s, keep_s=brief.keep_s,
            recordings=brief.recordings, fetch_to=self._folder.recording(name),
            most_fetch_bytes=brief.most_fetch_bytes, record_limit=brief.record_limit,
        )  # fmt: skip

    def _changed(self, state: BoxState) -> None:
        self.version += 1
        self._told(state)
