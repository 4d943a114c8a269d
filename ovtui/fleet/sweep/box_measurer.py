"""A point on a box: a run of its own there, whose result comes back."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Mapping
from pathlib import Path

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.on_box.ending import remove_run, stop_run
from ovtui.fleet.on_box.left_runs import left_runs
from ovtui.fleet.on_box.sent_model import SentModel
from ovtui.fleet.on_box.starting import folder_name
from ovtui.fleet.running.box_run import measure_on_box
from ovtui.fleet.running.held_line import HeldLine, Opening
from ovtui.fleet.running.measure_options import MeasureOptions
from ovtui.fleet.running.patience import LOST
from ovtui.fleet.sweep.beaten import figures_of
from ovtui.fleet.sweep.job import Job
from ovtui.fleet.sweep.kind_sweep import Point
from ovtui.fleet.sweep.point_result import box_settings, measured_of
from ovtui.records.events import StudyPoint
from ovtui.records.fleet import INTERRUPTED_CODE, REFUSED_CODES, BoxState
from ovtui.studies.sweep_point import Measured

PATIENCE_S = 15.0
"""How long a box that was lost is waited for beyond the expected end of its run; then its point is another box's."""
KEEP_S = 600.0
"""How long a session waits on its box for a controller that was killed."""
EVERY_S = 1.0
REMOVE_S = 5.0
_JOB = re.compile(r"\d+-\d+-\d+")
"""As `_run_name` has it."""


class BoxMeasurer:
    """The lines to all boxes of a sweep. Owner: the controller's loop."""

    def __init__(
        self, sweep: str, boxes: Mapping[str, Box], opening: Opening, models: Mapping[str, SentModel | None],
        recordings: Path | None = None,
    ) -> None:  # fmt: skip
        """`sweep`: the runs on the boxes begin with this name. `models`: by the name in the settings; None for one that
        is not sent. `recordings`: the folder that they are fetched to; None: they are taken away unseen."""
        self._sweep, self._models, self._recordings = sweep, models, recordings
        self._lines = {name: HeldLine(box, opening) for name, box in boxes.items()}
        self._left: dict[str, list[str]] = {}
        """Runs, by box, that may go on there: their line was lost."""
        self._looked: set[str] = set()
        """Boxes on which what another process has left is known."""
        self.not_ended: dict[str, str] = {}
        """What may run on, by box: it was to be ended, and the box could not be told. 'session 4f2a (point 3)'."""

    def line(self, box: str) -> HeldLine:
        return self._lines[box]

    async def measure(self, box: str, job: Job) -> Point:
        """Raises BoxError, where nothing came of it. Cancelled, it ends what runs on the box."""
        line, run = self._lines[box], self._run_name(job)
        await self._look_for_left(box, line, run)
        await self._end_what_is_left(box, line)
        settings = job.point.settings
        assert settings is not None
        fetch_to = self._recording(box, job)
        options = MeasureOptions(
            run=run, upload=self._sweep, every_s=EVERY_S, patience_s=PATIENCE_S, keep_s=KEEP_S,
            recordings="drop" if fetch_to is None else "fetch", fetch_to=fetch_to,
        )  # fmt: skip
        state = BoxState(name=box)
        beaten: StudyPoint | None = None

        def changed(now: BoxState) -> None:
            nonlocal beaten
            rival = job.rivals.beating(now.blocks) if job.rivals is not None and beaten is None else None
            if rival is not None and not task.done():
                beaten = rival
                task.cancel()

        def not_ended(what: str) -> None:
            self.not_ended[box] = f"{what} (point {job.number})"
            self._left.setdefault(box, []).append(run)

        task = asyncio.ensure_future(
            measure_on_box(
                line, box_settings(settings, job.for_s), options, state=state, changed=changed,
                model=self._models.get(settings.model),
                runs_on=not_ended,
            )
        )  # fmt: skip
        try:
            ended = await task
        except asyncio.CancelledError:
            await asyncio.shield(self._take_away(line, run))
            here = asyncio.current_task()
            if beaten is None or job.rivals is None or (here is not None and here.cancelling()):
                raise
            names = f"{job.rivals.goal.name} and {job.rivals.second.name}"
            why = f"point {beaten.point} is better in {names} in each of the last blocks"
            return Point(Measured("dropped", why, figures_of(state.blocks, beaten)))
        except BoxError as error:
            if error.kind == "refused":
                await self._take_away(line, run)
            await line.drop()
            if error.kind != "refused":
                self._left.setdefault(box, []).append(run)
            raise
        if ended.code == INTERRUPTED_CODE:
            raise BoxError("interrupted", ended.text or "the session was ended on the box")
        if ended.code in REFUSED_CODES:
            raise BoxError("refused", ended.text)
        if ended.code == 1 and not _has_figures(ended.result):
            raise BoxError("failed", ended.text or "its session failed and said nothing")
        measured, compile_s = measured_of(ended.result, settings)
        if ended.code == 1:
            measured = Measured("failed", measured.reason or ended.text, measured.figures)
        return Point(measured, compile_s, state.recording)

    async def close(self) -> None:
        for line in self._lines.values():
            await line.drop()

    async def _look_for_left(self, box: str, line: HeldLine, own: str) -> None:
        """What a process before this one has begun and could not end: but for `own`, which is taken up. Raises
        BoxError."""
        if box in self._looked:
            return
        begins = f"{self._sweep}-"
        try:
            found = await left_runs(await line.get(), line.box, begins)
        except BoxError as error:
            await line.drop()
            if error.kind not in LOST:
                raise
            found = await left_runs(await line.get(), line.box, begins)
        self._looked.add(box)
        self._left[box] = [run for run in found if run != own and _JOB.fullmatch(run.removeprefix(begins))]

    async def _end_what_is_left(self, box: str, line: HeldLine) -> None:
        """What a lost run may still do would be measured along. Raises BoxError."""
        left = self._left.get(box, [])
        while left:
            folder = folder_name(left[0], box)
            try:
                open_line = await line.get()
                await stop_run(open_line, line.box, folder, at_once=True)
                self.not_ended.pop(box, None)
                with contextlib.suppress(BoxError):
                    await remove_run(open_line, line.box, folder)
            except BoxError:
                await line.drop()
                raise
            del left[0]

    async def _take_away(self, line: HeldLine, run: str) -> None:
        """Of a run that was ended there; its folder stays where the box cannot be reached."""
        with contextlib.suppress(BoxError, TimeoutError):
            async with asyncio.timeout(REMOVE_S):
                await remove_run(await line.get(), line.box, folder_name(run, line.box.name))

    def _run_name(self, job: Job) -> str:
        return f"{self._sweep}-{job.number}-{job.round}-{job.tries}"

    def _recording(self, box: str, job: Job) -> Path | None:
        if self._recordings is None:
            return None
        name = re.sub(r"[^A-Za-z0-9._@-]", "_", box)[:60]
        return self._recordings / f"point-{job.number}-{job.round}-{job.tries}-{name}.ovtui"


def _has_figures(result: object) -> bool:
    requests = result.get("requests") if isinstance(result, dict) else None
    return isinstance(requests, dict) and bool(requests.get("completed")) and not requests.get("unfinished")
