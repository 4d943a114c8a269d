"""Which devices were profiled in this session, and which one is shown."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.metrics.session.layers_state import DeviceLayers
from ovtui.metrics.session.session_state import SessionState
from ovtui.metrics.session.study_state import StudyState
from ovtui.records.study_events import LayersSpec


@dataclass(frozen=True, slots=True)
class LayerRun:
    """One device of one study."""

    study: StudyState
    device: str
    """As asked for."""

    @property
    def key(self) -> tuple[int, str]:
        return self.study.began.study, self.device

    @property
    def layers(self) -> DeviceLayers:
        """What is told of it; nothing yet where its turn has not come."""
        return self.study.layers.get(self.device) or DeviceLayers(self.device)

    @property
    def other(self) -> DeviceLayers | None:
        """The second device of its study, where that is told of too."""
        return next((each for name, each in self.study.layers.items() if name != self.device and each.by_order), None)


def layer_runs(state: SessionState) -> list[LayerRun]:
    """In the order in which they were measured, or are to be."""
    return [
        LayerRun(study, device)
        for study in state.studies
        if isinstance(study.began.spec, LayersSpec)
        for device in study.began.spec.devices
        if device in study.layers or study.ended is None or device == study.began.spec.devices[0]
    ]


def newest(runs: list[LayerRun]) -> LayerRun | None:
    """What is followed: the first device of the newest study, from its second one's begin on that one, and after it the
    first one again, beside which the second one stands."""
    if not runs:
        return None
    study = runs[-1].study
    own = [run for run in runs if run.study is study]
    told = [run for run in own if run.device in study.layers]
    return told[-1] if told and study.ended is None else told[0] if told else own[0]


def device_to_profile(state: SessionState) -> str:
    """The one that serves; of several at once the device as it was asked for. Empty before there are settings."""
    engine, settings = state.engine, state.settings
    devices = engine.devices if engine is not None else []
    if len(devices) == 1 and not devices[0].startswith("("):
        return devices[0]
    return settings.device if settings is not None else ""
