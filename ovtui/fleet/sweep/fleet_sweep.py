"""A sweep over many boxes: one study for each kind of box, all at once, from one process that keeps all of them."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from ovtui.fleet.box import BoxError, FleetError
from ovtui.fleet.on_box.facts import ask_facts
from ovtui.fleet.on_box.one_machine import ask_boot, one_machine_sentences
from ovtui.fleet.on_box.sent_model import SentModel, read_model
from ovtui.fleet.reach.opening import ReachOptions, open_line
from ovtui.fleet.running.held_line import HeldLine, Opening
from ovtui.fleet.running.patience import LOST
from ovtui.fleet.sweep.box_measurer import BoxMeasurer
from ovtui.fleet.sweep.kind_answer import end_kind
from ovtui.fleet.sweep.kind_points import KindPoints
from ovtui.fleet.sweep.kind_sweep import KindSweep, Turns
from ovtui.fleet.sweep.kinds import by_kind, chosen_kinds
from ovtui.fleet.sweep.sweep_brief import RECORDINGS, FleetSweepBrief, kind_slug, write_fleet_brief
from ovtui.metrics.session.study_state import StudyState
from ovtui.records.events import StudyPoint
from ovtui.records.fleet import BoxFacts
from ovtui.settings.vary_text import points_in
from ovtui.studies.sweep_folder import BRIEF as SWEEP_BRIEF
from ovtui.studies.sweep_folder import FolderLock, SweepFolderError, claim_folder, read_brief

FACTS_PAUSE_S = 3.0
"""Before a box that could not be reached is tried once more."""
MOST_MODELS = 64
Ending = Literal["done", "time", "stopped", "failed", "no boxes"]


@dataclass(slots=True)
class KindOutcome:
    """What is known of a kind, at its end or while it is measured."""

    kind: str
    folder: Path
    boxes: list[str]
    """That it began with."""
    points: KindPoints
    left_out: dict[str, str] = field(default_factory=dict)
    ending: Ending = "done"
    preset: str = ""

    @property
    def study(self) -> StudyState:
        return self.points.study


class FleetSweep:
    """Owner: the loop in which `run` was called."""

    def __init__(
        self, folder: Path, brief: FleetSweepBrief, tell: Callable[[str], None],
        tell_point: Callable[[KindOutcome, StudyPoint], None], *, opening: Opening | None = None,
    ) -> None:  # fmt: skip
        """Writes the brief. `tell`: gets sentences for a person; `tell_point`: each point that was measured. Raises
        FleetError, also where another process works in the folder."""
        self.folder, self.brief = folder, brief
        self.kinds: list[KindOutcome] = []
        self.unreachable: dict[str, str] = {}
        """Boxes that are in none of the kinds, with the reason."""
        self.problem = ""
        """Why the whole was broken off, as a sentence."""
        self._boots: dict[str, str] = {}
        """Of the boxes' machines, by the box's name."""
        self._tell, self._tell_point = tell, tell_point
        reach = ReachOptions(ssh_config=brief.ssh_config, transport=brief.transport)
        self._opening = opening or functools.partial(open_line, options=reach)
        self._main: asyncio.Task[None] | None = None
        self._measurer: BoxMeasurer | None = None
        self._ending: Ending = "done"
        self._began_s = time.monotonic()
        write_fleet_brief(folder, brief)
        try:
            self._lock = FolderLock(folder)
        except SweepFolderError as error:
            raise FleetError(str(error)) from None

    async def run(self) -> None:
        """Returns with all that could be measured; the kinds have their answers then. Raises FleetError where nothing
        can be begun."""
        self._main = asyncio.ensure_future(self._run())
        if self._ending == "stopped":
            self._main.cancel()
        try:
            await self._main
        except asyncio.CancelledError:
            if self._ending != "stopped":
                raise
        except (SweepFolderError, FleetError) as error:
            if not self.kinds:
                raise FleetError(str(error)) from None
            self._ending, self.problem = "failed", str(error)
        finally:
            with contextlib.suppress(SweepFolderError):
                self._end()

    def stop(self) -> None:
        """Ends what runs on the boxes; `run` returns then, also one that comes after this. A second time, without
        waiting for that."""
        again, self._ending = self._ending == "stopped", "stopped"
        if self._main is None:
            return
        for task in asyncio.all_tasks() if again else (self._main,):
            task.cancel()

    def _end(self) -> None:
        for box, what in self._measurer.not_ended.items() if self._measurer is not None else ():
            self._tell(f"{box}: could not be told to stop; {what} runs on there, to its own end")
        lasted_s = time.monotonic() - self._began_s
        for kind in self.kinds:
            if self._ending != "done":
                kind.ending = self._ending
            elif not kind.points.done:
                kind.ending = "no boxes"
            end_kind(kind.points, kind.folder, kind.ending, lasted_s, self.problem)
            kind.points.close()
        self._lock.close()

    async def _run(self) -> None:
        boxes = {box.name: box for box in self.brief.boxes}
        models = await asyncio.to_thread(self._models)
        recordings = self.folder / RECORDINGS if self.brief.recordings else None
        if recordings is not None:
            recordings.mkdir(mode=0o700, exist_ok=True)
        measurer = self._measurer = BoxMeasurer(self.brief.name, boxes, self._opening, models, recordings)
        try:
            kinds = await self._kinds(measurer)
            turns = Turns(self.brief.jobs)
            sweeps = [self._begin(kind, names, measurer, turns, alone=len(kinds) == 1) for kind, names in kinds.items()]
            limit_s = self.brief.spec.limit_s or None
            try:
                async with asyncio.timeout(limit_s):
                    await self._measure(sweeps)
            except TimeoutError:
                self._ending = "time"
        finally:
            await measurer.close()

    async def _measure(self, sweeps: list[KindSweep]) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                for sweep in sweeps:
                    tasks.create_task(sweep.run())
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        finally:
            for kind, sweep in zip(self.kinds, sweeps, strict=True):
                kind.left_out = sweep.left_out

    def _begin(self, kind: str, names: list[str], measurer: BoxMeasurer, turns: Turns, *, alone: bool) -> KindSweep:
        """Raises SweepFolderError."""
        slug = kind_slug(kind)
        folder, spec = self.folder / slug, self.brief.spec
        preset = spec.preset if alone or not spec.preset else f"{spec.preset}-{slug}"
        if (folder / SWEEP_BRIEF).exists():  # the name stays, whatever kinds there are now
            preset = read_brief(folder).spec.preset
        spec = msgspec.structs.replace(spec, folder=str(folder), preset=preset, resumes="")
        claim_folder(folder, spec, self.brief.settings)
        points = KindPoints(folder, spec, self.brief.settings, lambda point: self._tell_point(outcome, point))
        outcome = KindOutcome(kind, folder, names, points)
        self.kinds.append(outcome)
        return KindSweep(points, names, measurer.measure, turns, self._tell)

    # The boxes

    async def _kinds(self, measurer: BoxMeasurer) -> dict[str, list[str]]:
        """The boxes of each kind. Raises FleetError where no box can be used."""
        at_once = asyncio.Semaphore(self.brief.jobs)
        names = [box.name for box in self.brief.boxes]
        found = await asyncio.gather(*(self._facts(measurer.line(name), at_once) for name in names))
        facts = {name: each for name, each in zip(names, found, strict=True) if each is not None}
        if not facts:
            raise FleetError("no box can be used; ovtui fleet doctor looks at them")
        kinds = chosen_kinds(by_kind(facts), self.brief.kind)
        seen = {**self.brief.kinds, **{kind_slug(kind): kind for kind in kinds}}
        self.brief = msgspec.structs.replace(self.brief, kinds=seen)
        write_fleet_brief(self.folder, self.brief)
        used = {name: self._boots[name] for of_kind in kinds.values() for name in of_kind}
        for sentence in one_machine_sentences(used):
            self._tell(sentence)
        points = min(points_in(self.brief.spec.vary), self.brief.spec.most_points)
        for kind, of_kind in kinds.items():
            self._tell(f"{kind}: {len(of_kind)} of {len(names)} boxes, {points} points")
        return kinds

    async def _facts(self, line: HeldLine, at_once: asyncio.Semaphore) -> BoxFacts | None:
        for last in (False, True):
            try:
                async with at_once:
                    facts = await ask_facts(await line.get(), line.box)
                    self._boots[line.box.name] = await ask_boot(await line.get())
                    return facts
            except BoxError as error:
                await line.drop()
                if not last and error.kind in LOST:
                    await asyncio.sleep(FACTS_PAUSE_S)
                    continue
                self.unreachable[line.box.name] = error.text
                self._tell(f"{line.box.name}: left out: {error.text}")
                return None
        return None

    def _models(self) -> Mapping[str, SentModel | None]:
        """The files of every model of the sweep. Blocks. Raises FleetError."""
        names = self.brief.spec.vary.get("model", [self.brief.settings.model])[:MOST_MODELS]
        return {name: read_model(name) for name in names}
