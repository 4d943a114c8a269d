"""One box from its connection to its result."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, TypeVar

import msgspec

from ovtui.fleet.box import Box, BoxError, FleetError
from ovtui.fleet.on_box import ending, starting
from ovtui.fleet.on_box.asking import error_of
from ovtui.fleet.on_box.looking import OnBox, look
from ovtui.fleet.on_box.preset import preset_text
from ovtui.fleet.on_box.recording import TooLarge, fetch_recording
from ovtui.fleet.on_box.sent_model import SentModel, send_model
from ovtui.fleet.reach.line import Line
from ovtui.fleet.running.following import FollowedRun
from ovtui.fleet.running.held_line import HeldLine
from ovtui.fleet.running.journal import (
    Begins,
    Entry,
    Failed,
    HasEnded,
    Here,
    Journal,
    Left,
    Looked,
    Over,
    Serves,
    Standing,
)
from ovtui.fleet.running.patience import LOST, Patience
from ovtui.records.fleet import GOOD_CODES, INTERRUPTED_CODE, BoxFacts, BoxPhase, BoxState
from ovtui.records.following import Ended
from ovtui.settings.schema.settings import Settings

Recordings = Literal["fetch", "leave", "drop"]
"""What becomes of the recording: it comes here and is taken away there, stays there, or is taken away unseen."""
AskFacts = Callable[[Line, Box], Awaitable[BoxFacts]]
STOPPED_S = 30.0
"""How long it may take after the session was stopped."""
STOPPING_PATIENCE_S = 15.0
AT_ONCE_S = 12.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """How it is measured on a box, beside the settings."""

    run: str
    """Of which it is a part; letters, digits, '-' and '_'. Its folder on the box is called by it and the box. A box
    runs each name once: who comes with the same name again is told of the run that is there."""
    upload: str = ""
    """What the model is sent for, where that is more than this run: a transfer that was broken off is gone on with."""
    every_s: float = 1.0
    """A line of `ovtui follow` comes at least so often."""
    patience_s: float = 60.0
    """How long a box that cannot be reached is waited for beyond the expected end of its run."""
    keep_s: float = 3600.0
    """How long the session stays there after its load, where nobody comes for it."""
    recordings: Recordings = "drop"
    fetch_to: Path | None = None
    """Path here of the recording, with recordings='fetch'."""
    most_fetch_bytes: int = 2 << 30
    """A larger recording stays on the box."""
    record_limit: str = "1G"


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
    ) -> None:
        self.state, self.options, self.settings = state, options, settings
        self._line, self._changed, self._model, self._journal, self._ask_facts = line, changed, model, journal, facts
        self.standing = standing or Standing()
        self._patience = Patience(settings, options.patience_s)
        self._followed = FollowedRun(line.box, state, self._told, options.every_s)
        self._begins = self.standing.begins is not None
        self._main: asyncio.Task[Ended] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._stopped_before = False
        self.boot = ""
        """Of its machine, once the box was looked at."""
        self._folder = starting.folder_name(options.run, line.box.name)
        if self.standing.begins is not None:
            state.session = self.standing.session
            state.remote_recording = f"{self.standing.begins.folder}/{starting.RECORDING}"

    @property
    def box(self) -> Box:
        return self._line.box

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
            await self._note(HasEnded(ended=msgspec.structs.replace(ended, blocks=self.state.blocks)))
        self._show_end(ended)
        await self._take()
        self._phase("done" if ended.code in GOOD_CODES else "failed", ended.text)
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

    # ---- before it begins

    async def _prepare(self) -> None:
        on_box = await self._look()
        self.boot = on_box.boot
        line = await self._facts(await self._line.get())
        model = ""
        if self._model is not None:
            self.state.recording_bytes = None
            model = await send_model(
                line, self.box, on_box, self._model, sent_for=self.options.upload or self.options.run,
                progress=self._sent, sending=lambda: self._phase("sending"),
            )  # fmt: skip
        folder = str(PurePosixPath(on_box.state) / self._folder)
        begins = Begins(folder=folder, preset=preset_text(self.settings, model))
        self._begins = True  # whoever stops from here on looks there
        try:
            await self._note(begins)
        except FleetError:
            self._begins = False
            raise
        self.state.remote_recording = f"{folder}/{starting.RECORDING}"

    async def _look(self) -> OnBox:
        """A box that is silent is asked once more: it may be busy, or slow."""
        for last in (False, True):
            self._phase("connecting", self.state.text)
            try:
                line = await self._line.get()
                self._phase("looking", self.state.text)
                return await look(line, self.box)
            except BoxError as error:
                if error.kind != "silent" or last:
                    raise
                await self._line.drop()
                self.state.reconnects += 1
                self._told(f"{error.text}; trying again")
        raise AssertionError

    async def _facts(self, line: Line) -> Line:
        """A box without facts is measured, too; it is compared with no other."""
        if self._ask_facts is not None:
            try:
                self.state.facts = await self._ask_facts(line, self.box)
            except BoxError as error:
                if error.kind in LOST:
                    await self._line.drop()
                    line = await self._line.get()
            await self._note(Looked(facts=self.state.facts))
        return line

    def _sent(self, done: int, whole: int) -> None:
        self._told(f"model {done * 100 // max(whole, 1)} % sent")

    # ---- while it runs

    async def _follow(self) -> Ended:
        assert self.standing.begins is not None or self._begins
        self._phase("running" if self.state.session else "starting")
        return await self._persist(self._follow_once)

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
                await self._note(Serves(session=begun.session))
            return
        if self._stopped_before or begun.how == "not-begun" or begun.status == INTERRUPTED_CODE:
            raise BoxError("interrupted", "interrupted while it started")
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

    async def _take(self) -> None:
        if self.standing.over:
            return
        self._phase("ending")
        await self._persist(lambda line: ending.stop_run(line, self.box, self._folder, self.state.session))
        recordings = self.options.recordings
        if recordings == "fetch" and not self.standing.recording and not self.standing.left:
            self._phase("fetching")
            await self._persist(self._fetch)
        elif recordings == "leave" and not self.standing.left:
            await self._note(Left(why="--no-recordings"))
        if not self.standing.left:
            await self._persist(lambda line: ending.remove_run(line, self.box, self._folder))
            self.state.remote_recording = ""
        await self._note(Over())

    async def _fetch(self, line: Line) -> None:
        local, state = self.options.fetch_to, self.state
        assert local is not None
        try:
            size = await fetch_recording(
                line, self.box, state.remote_recording, local,
                most_bytes=self.options.most_fetch_bytes, progress=self._fetched,
            )  # fmt: skip
        except TooLarge as error:
            state.recording_bytes = int(error.args[0])
            more = f"{state.recording_bytes / (1 << 30):.1f} GiB is more than --most-fetch"
            await self._note(Left(why=f"its recording stays there: {more}"))
        except OSError as error:
            raise BoxError(
                "failed",
                f"its recording cannot be written here ({error.strerror or error}); it stays there: make room, then "
                f"ovtui fleet resume {self.options.run} fetches it",
            ) from None
        else:
            if size is not None:
                state.recording, state.fetched_bytes, state.recording_bytes = str(local), size, size
                await self._note(Here(recording=str(local), bytes=size))

    def _fetched(self, done: int, whole: int) -> None:
        self.state.fetched_bytes, self.state.recording_bytes = done, whole
        self._changed(self.state)

    # ---- lines that are lost, and what is kept of all this

    async def _persist(self, step: Callable[[Line], Awaitable[T]]) -> T:
        """What `step` makes of a line; with another line where that one is lost. Raises BoxError where the patience is
        over."""
        while True:
            try:
                line = await self._line.get()
                found = await step(line)
            except BoxError as error:
                if error.kind not in LOST:
                    raise
                await self._line.drop()
                pause_s = self._patience.pause_s(self._followed.last_line_s)
                if pause_s is None:
                    raise
                self.state.reconnects += 1
                self._told(f"{error.text.rstrip('.')}; trying again")
                await asyncio.sleep(pause_s)
            else:
                self._patience.reached()
                return found

    def failure(self, error: BoxError) -> Failed:
        """How the failure is kept: what a resumed run can still fetch, or begin, is not final."""
        text = error.text
        unknown = error.kind in LOST or error.kind in ("login", "host-key")
        if self._begins and self.standing.ended is None and unknown:
            text = f"{text}; {self.what_runs()} may run on there, and ovtui fleet resume {self.options.run} fetches it"
        elif self.standing.ended is not None and unknown:
            text = f"{text}; its recording is there still, and ovtui fleet resume {self.options.run} fetches it"
        final = self._begins and not unknown and self.standing.ended is None
        return Failed(fault=error.kind, text=text, final=final)

    async def clean_up(self) -> None:
        """Takes away what a run that failed has left there. Never raises."""
        with contextlib.suppress(BoxError, TimeoutError):
            async with asyncio.timeout(10.0):
                if self._begins:
                    if self.state.session:
                        await ending.stop_run(await self._line.get(), self.box, self._folder, at_once=True)
                    await ending.remove_run(await self._line.get(), self.box, self._folder)

    async def note(self, entry: Entry) -> None:
        """Keeps an entry. Raises FleetError."""
        await self._note(entry)

    async def _note(self, entry: Entry) -> None:
        msgspec.structs.force_setattr(entry, "at_s", time.time())
        if self._journal is not None:
            try:
                await asyncio.to_thread(self._journal.write, entry)
            except OSError as error:
                raise FleetError(
                    f"the folder of the run cannot be written to ({error.strerror}); make room, then "
                    f"ovtui fleet resume {self.options.run} goes on"
                ) from None
        self.standing.add(entry)
        self._changed(self.state)

    def _phase(self, phase: BoxPhase, text: str = "") -> None:
        self.state.phase, self.state.text = phase, text
        self._changed(self.state)

    def _told(self, text: str | None) -> None:
        """None: something has changed, but no text."""
        if text is not None:
            self.state.text = text
        self._changed(self.state)
