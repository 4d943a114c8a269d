"""A box before its run begins there: reached, looked at, its model sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import PurePosixPath

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.on_box.looking import OnBox, look
from ovtui.fleet.on_box.preset import preset_text
from ovtui.fleet.on_box.sent_model import SentModel, send_model
from ovtui.fleet.on_box.starting import folder_name
from ovtui.fleet.reach.line import Line
from ovtui.fleet.running.journal import Begins, Looked
from ovtui.fleet.running.kept_state import KeptState
from ovtui.fleet.running.measure_options import MeasureOptions
from ovtui.fleet.running.sure_steps import SureSteps
from ovtui.records.fleet import BoxFacts
from ovtui.settings.schema.settings import Settings

AskFacts = Callable[[Line, Box], Awaitable[BoxFacts]]


class Preparing:
    """Owner: the task that measures on the box."""

    def __init__(
        self, box: Box, options: MeasureOptions, settings: Settings, model: SentModel | None, facts: AskFacts | None,
        kept: KeptState, steps: SureSteps, at_once: asyncio.Semaphore,
    ) -> None:  # fmt: skip
        """`at_once`: how many boxes may be looked at at the same time."""
        self._box, self._options, self._settings, self._model, self._ask_facts = box, options, settings, model, facts
        self._kept, self._steps, self._at_once = kept, steps, at_once
        self._sent_bytes = 0
        self.boot = ""
        """Of its machine, once the box was looked at."""

    async def prepare(self) -> Begins:
        """What is to begin there, which is not kept yet. Raises BoxError, and FleetError."""
        self._kept.phase("connecting")
        async with self._at_once:
            await self._steps.before_it_begins(_nothing)
            self._kept.phase("looking")
            on_box = await self._steps.before_it_begins(self._look)
        self.boot = on_box.boot
        await self._facts()
        model = ""
        if self._model is not None:
            self._kept.state.recording_bytes = None
            model = await self._steps.before_it_begins(lambda line: self._send(line, on_box))
        folder = str(PurePosixPath(on_box.state) / folder_name(self._options.run, self._box.name))
        return Begins(folder=folder, preset=preset_text(self._settings, model))

    async def _look(self, line: Line) -> OnBox:
        return await look(line, self._box)

    async def _facts(self) -> None:
        """A box without facts is measured, too; it is compared with no other."""
        ask, state = self._ask_facts, self._kept.state
        if ask is None:
            return
        try:
            state.facts = await self._steps.before_it_begins(lambda line: ask(line, self._box), 2)
        except BoxError:
            self._steps.heard()
        await self._kept.note(Looked(facts=state.facts))

    async def _send(self, line: Line, on_box: OnBox) -> str:
        assert self._model is not None
        return await send_model(
            line, self._box, on_box, self._model, sent_for=self._options.upload or self._options.run,
            progress=self._sent, sending=lambda: self._kept.phase("sending"),
        )  # fmt: skip

    def _sent(self, done: int, whole: int) -> None:
        if done > self._sent_bytes:
            self._sent_bytes = done
            self._steps.heard()
        self._kept.told(f"model {done * 100 // max(whole, 1)} % sent")


async def _nothing(_: Line) -> None:
    """It is reached."""
