"""Asks a process of the engine's kind for the times of a model's layers on one device."""

from __future__ import annotations

import os
from collections.abc import Callable

import msgspec

from ovtui.host.followed_process import Followed, follow
from ovtui.records.layers import (
    LEAST_INFERENCES,
    Doing,
    Layers,
    LayersDone,
    LayersGraph,
    LayersHead,
    LayersQuestion,
    LayersRefused,
    LayersStep,
    LayersTold,
)
from ovtui.records.odd_names import to_json
from ovtui.settings.schema.settings import Settings

LIMIT_S = 300.0
MODULE = "ovtui.engine.layers.layers_child"


class NotProfiled(Exception):
    """There is no result. The text is one sentence for a person."""

    def __init__(self, text: str, detail: str = "", *, misused: bool = False) -> None:
        super().__init__(text)
        self.detail = detail
        """OpenVINO's whole text; empty where it says no more."""
        self.misused = misused
        """What was given for the model or the device is wrong, not these."""


def profile_layers(
    settings: Settings,
    *,
    inferences: int = LEAST_INFERENCES,
    graph: bool = False,
    each: bool = False,
    limit_s: float = LIMIT_S,
    on_step: Callable[[LayersStep], None] = lambda _: None,
    module: str = MODULE,
    stop_fd: int = -1,
) -> Layers:
    """The layers of `settings.device`. Blocks, for `limit_s` at most; where that ends the measuring, the result is of
    the inferences until then, and a note says so. `stop_fd`: once it can be read, the process is
    killed. Raises NotProfiled."""
    question = LayersQuestion(
        settings=settings, inferences=inferences, graph=graph, each=each, limit_s=limit_s, parent_pid=os.getpid()
    )
    followed = follow(module, to_json(question), msgspec.json.Decoder(LayersStep), limit_s, on_step, stop_fd)
    found = Layers(head=_head(followed, settings, limit_s), layers=[])
    for step in followed.steps:
        if isinstance(step, LayersTold) and not step.so_far:
            found.layers.extend(step.layers)
        elif isinstance(step, LayersGraph):
            found = msgspec.structs.replace(found, graph_xml=step.xml)
    return found


def _head(followed: Followed[LayersStep], settings: Settings, limit_s: float) -> LayersHead:
    """Raises NotProfiled where it is not there."""
    for step in followed.steps:
        if isinstance(step, LayersRefused):
            raise NotProfiled(step.why, step.detail, misused=step.misused)
        if isinstance(step, LayersDone):
            return step.head
    doing = next((step.text for step in reversed(followed.steps) if isinstance(step, Doing)), "")
    answer, about = followed.answer, f"{settings.model} on {settings.device}"
    if answer.ending == "late":
        raise NotProfiled(
            f"{about}: no layers within {limit_s:g} s{f' (it was {doing})' if doing else ''}; --time-limit gives it "
            "longer"
        )
    if answer.ending == "not-started":
        raise NotProfiled(f"no process can be started that profiles the model: {answer.why_not_started}")
    if answer.ending == "answered":
        raise NotProfiled(f"{about}: the process that profiles the model gave no answer that can be read")
    ended = answer.signal_name or f"exit code {answer.code}"
    last = f": {answer.last_line}" if answer.last_line else ""
    raise NotProfiled(
        f"{about}: the process that profiles the model died with {ended}{f' while {doing}' if doing else ''}{last}"
    )
