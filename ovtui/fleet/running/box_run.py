"""One box from its connection to its result."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import msgspec

from ovtui.fleet.box import Box, BoxError, FleetError
from ovtui.fleet.on_box import ending, starting
from ovtui.fleet.on_box.asking import error_of
from ovtui.fleet.on_box.sent_model import SentModel
from ovtui.fleet.reach.line import Line
from ovtui.fleet.running.following import FollowedRun
from ovtui.fleet.running.held_line import HeldLine
from ovtui.fleet.running.journal import Failed, HasEnded, Journal, Serves, Standing
from ovtui.fleet.running.kept_state import KeptState
from ovtui.fleet.running.longest import Longest
from ovtui.fleet.running.measure_options import MeasureOptions
from ovtui.fleet.running.patience import LOST, Patience
from ovtui.fleet.running.preparing import AskFacts, Preparing
from ovtui.fleet.running.sure_steps import Step, SureSteps, T
from ovtui.fleet.running.taking import Taking
from ovtui.records.fleet import GOOD_CODES, INTERRUPTED_CODE, BoxState
from ovtui.records.following import Ended
from ovtui.settings.schema.settings import Settings

STOPPED_S = 30.0
"""How long it may take after the session was stopped."""
STOPPING_PATIENCE_S = 15.0
AT_ONCE_S = 12.0


async def measure_on_box(
    line: HeldLine,
    settings: Settings,
    options: MeasureOptions,
    *,
    state: BoxState | None = None,
    changed: Callable[[BoxState], None] = lambda _: None,
    model: SentModel | None = None,
    runs_on: Callable[[str], None] = lambda _: None,
) -> Ended:
    """Runs the settings on the box, which have an end of their own (--duration or --requests), and returns how it
    ended, with its result. Leaves the line open. `state`: kept up to date, `changed` is called after each change.
    `model`: the files of the settings' model, which are sent where they are not there; None for a built-in model, and
    for one of the box.

    Raises BoxError, also where the session failed and nothing was measured. Cancelled, it ends the session there, where
    the box can be reached within some seconds; else `runs_on` gets what may run on: 'session 4f2a'."""
    state = state or BoxState(name=line.box.name)
    run = BoxRun(line, settings, options, state=state, changed=changed, model=model)
    try:
        return await run.measure()
    except asyncio.CancelledError:
        is_told = False
        try:
            with contextlib.suppress(BoxError):
                await asyncio.shield(run.end_at_once())
                is_told = True
        finally:
            if not is_told and (what := run.what_runs()):
                runs_on(what)
        raise


class _NeverRan(Exception):
    """Its start was ended by the controller before this one."""


class BoxRun:
    """Owner: the task that measures on the box."""

    def __init__(
        self,
        line: HeldLine,
        settings: Settings,
        options: MeasureOptions,
        *,
        state: BoxState,
        changed: Callable[[BoxState], None],
        model: SentModel | None = None,
        journal: Journal | None = None,
        standing: Standing | None = None,
        facts: AskFacts | None = None,
        looked_at_once: asyncio.Semaphore | None = None,
    ) -> None:
        self.state, self.options, self.standing = state, options, standing or Standing()
        self._line = line
        self.kept = KeptState(options.run, state, self.standing, journal, changed)
        self._folder = starting.folder_name(options.run, line.box.name)
        self._patience = Patience(settings, options.patience_s)
        self._followed = FollowedRun(
            line.box, state, self.kept.told, options.every_s, Longest(settings, options.patience_s)
        )
        self._steps = SureSteps(line, self.kept, self._patience, options.patience_s)
        self._preparing = Preparing(
            line.box, options, settings, model, facts, self.kept, self._steps, looked_at_once or asyncio.Semaphore(1)
        )
        self._taking = Taking(line.box, options, self.kept, self._persist)
        self._begins = self._was_begun = self.standing.begins is not None
        self._main: asyncio.Task[Ended] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._stopped_before = False
        if self.standing.begins is not None:
            state.session = self.standing.session
            state.remote_recording = f"{self.standing.begins.folder}/{starting.RECORDING}"

    @property
    def box(self) -> Box:
        return self._line.box

    @property
    def boot(self) -> str:
        """Of its machine, once the box was looked at."""
        return self._preparing.boot

    # ---- the whole

    async def measure(self) -> Ended:
        """Raises BoxError, and FleetError where the journal cannot be written."""
        self._main = asyncio.ensure_future(self._measure())
        if self._stopped_before:  # between this task's begin and its first step
            self._stop_main()
        try:
            return await self._main
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not (self._main.cancelled() and self._stopped_before) or (task is not None and task.cancelling()):
                raise
            raise BoxError("interrupted", "interrupted before its run had begun") from None
        finally:
            for task in (self._main, self._stopping):
                if task is not None and not task.done():
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError, BoxError, FleetError):
                        await task

    async def _measure(self) -> Ended:
        ended = self.standing.ended
        if ended is None:
            if not self._begins:
                await self._prepare()
            ended = await self._follow()
            if self._stopped_before and not ended.code:
                ended = msgspec.structs.replace(ended, text="")  # by another view, which is this one
            await self.kept.note(HasEnded(ended=msgspec.structs.replace(ended, blocks=self.state.blocks)))
        self._show_end(ended)
        await self._taking.take()
        self.kept.phase("done" if ended.code in GOOD_CODES else "failed", ended.text)
        return ended

    def stop(self) -> None:
        """Ends the load there, drains it, and goes on to the result; what has not begun does not begin."""
        if self._stopped_before or (self._main is not None and self._main.done()):
            return
        self._stopped_before = True
        self._patience.hurry(STOPPING_PATIENCE_S)
        if self._main is not None:
            self._stop_main()

    def _stop_main(self) -> None:
        assert self._main is not None
        if not self._begins:
            self._main.cancel()
        elif self.standing.ended is None:
            self._stopping = asyncio.ensure_future(self._stop_there())

    async def end_at_once(self) -> None:
        """Ends the session there without a drain; its recording stays where it is. Raises BoxError where the box cannot
        be reached."""
        if not self._begins or self.standing.over:
            return
        try:
            async with asyncio.timeout(AT_ONCE_S):
                if self.standing.ended is None:
                    await self._stop_at_once()
        except TimeoutError:
            raise BoxError("silent", f"no answer in {AT_ONCE_S:g} s") from None

    async def _stop_at_once(self) -> None:
        """The line that there is may be a broken one."""
        while True:
            was_open = self._line.is_open
            try:
                line = await self._line.get()
                return await ending.stop_run(line, self.box, self._folder, at_once=True)
            except BoxError as error:
                if error.kind not in LOST or not was_open:
                    raise
                await self._line.drop()

    def what_runs(self) -> str:
        """What may run on the box now, for a sentence; empty where nothing does."""
        if not self._begins or self.standing.ended is not None:
            return ""
        return f"session {self.state.session}" if self.state.session else "a session that was just starting"

    def tick(self, now_s: float) -> None:
        """Once a second: tells how long a line is overdue."""
        self._followed.tick(now_s)
        self._steps.tick(now_s)

    # ---- before it begins

    async def _prepare(self) -> None:
        begins = await self._preparing.prepare()
        self._begins = True  # whoever stops from here on looks there
        try:
            await self.kept.note(begins)
        except FleetError:
            self._begins = False
            raise
        self.state.remote_recording = f"{begins.folder}/{starting.RECORDING}"

    # ---- while it runs

    async def _follow(self) -> Ended:
        assert self.standing.begins is not None or self._begins
        self.kept.phase("running" if self.state.session else "starting")
        try:
            return await self._persist(self._follow_once)
        except _NeverRan:
            await self._persist(self._remove)
            self._followed.begins_anew()
            return await self._persist(self._follow_once)

    async def _remove(self, line: Line) -> None:
        await ending.remove_run(line, self.box, self._folder)

    async def _follow_once(self, line: Line) -> Ended:
        begun = asyncio.ensure_future(self._begin(line))
        reader = asyncio.ensure_future(self._followed.read(line, self._patience, self.state.remote_recording))
        try:
            await asyncio.wait({begun, reader}, return_when=asyncio.FIRST_COMPLETED)
            if not reader.done():
                await self._take_begun(begun.result())
            return await reader
        finally:
            for task in (begun, reader):
                task.cancel()
            await asyncio.gather(begun, reader, return_exceptions=True)

    async def _begin(self, line: Line) -> starting.Begun:
        begins, options = self.standing.begins, self.options
        if begins is None or self._stopped_before:
            script = starting.await_script(self.box, self._folder)
        else:
            words = starting.begin_words(options.keep_s, options.record_limit)
            script = starting.begin_script(self.box, self._folder, begins.preset, words)
        return await starting.begin(line, script, self.box)

    async def _take_begun(self, begun: starting.Begun) -> None:
        """Goes on with the session that has begun. Raises BoxError where none has."""
        if begun.how in ("begun", "gone"):
            self._followed.begun()
            if begun.session and begun.session != self.standing.session:
                self.state.session = begun.session
                await self.kept.note(Serves(session=begun.session))
            return
        if begun.status == INTERRUPTED_CODE and self._was_begun and not self._stopped_before:
            self._was_begun = False
            raise _NeverRan
        if self._stopped_before or begun.how == "not-begun" or begun.status == INTERRUPTED_CODE:
            raise BoxError(
                "interrupted", f"interrupted while it started; ovtui fleet resume {self.options.run} begins it"
            )
        raise error_of(self.box, begun.status, begun.stderr, "ovtui run there")

    async def _stop_there(self) -> None:
        """Until it has been told to the box, or its patience is over; `_follow` then takes the end."""
        while True:
            try:
                line = await self._line.get()
                await ending.stop_run(line, self.box, self._folder, self._session_that_serves())
                break
            except BoxError as error:
                if error.kind not in LOST or self._patience.is_over():
                    return
                await asyncio.sleep(1.0)
        await asyncio.sleep(STOPPED_S)
        self._followed.give_up()

    def _session_that_serves(self) -> str:
        """The ID where `ovtui stop` of it is all that is needed."""
        now = self.state.now
        return self.state.session if now is not None and now.phase in ("serving", "finished") else ""

    # ---- after its end

    def _show_end(self, ended: Ended) -> None:
        state = self.state
        state.code, state.result, state.session = ended.code, ended.result, ended.session or state.session
        state.silent_s = None

    # ---- lines that are lost, and failures

    async def _persist(self, step: Step[T]) -> T:
        return await self._steps.once_begun(step, lambda: self._followed.last_line_s)

    def failure(self, error: BoxError) -> Failed:
        """How the failure is kept: what a resumed run can still fetch, or begin, is not final."""
        text = error.text
        unknown = error.kind in LOST or error.kind in ("login", "host-key")
        if self._begins and self.standing.ended is None and unknown:
            text = f"{text}; {self.what_runs()} may run on there, and ovtui fleet resume {self.options.run} fetches it"
        elif self.standing.ended is not None and unknown:
            text = f"{text}; its recording is there still, and ovtui fleet resume {self.options.run} fetches it"
        never_ran = error.kind == "interrupted"
        final = self._begins and not unknown and not never_ran and self.standing.ended is None
        return Failed(fault=error.kind, text=text, final=final)

    async def clean_up(self) -> None:
        """Takes away what a run that failed has left there. Never raises."""
        with contextlib.suppress(BoxError, TimeoutError):
            async with asyncio.timeout(10.0):
                if self._begins:
                    if self.state.session:
                        await ending.stop_run(await self._line.get(), self.box, self._folder, at_once=True)
                    await ending.remove_run(await self._line.get(), self.box, self._folder)
