"""Which devices were profiled in this session, which two of them stand beside each other, and which one is shown."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.metrics.session.layers_state import DeviceLayers
from ovtui.metrics.session.session_state import SessionState
from ovtui.metrics.session.study_state import StudyState
from ovtui.records.study_events import LayersSpec


@dataclass(frozen=True, slots=True)
class LayerRun:
    """One device of one study, or both of it beside each other."""

    study: StudyState
    devices: tuple[str, ...]
    """As asked for."""

    @property
    def key(self) -> tuple[int, tuple[str, ...]]:
        return self.study.began.study, self.devices

    @property
    def is_pair(self) -> bool:
        return len(self.devices) > 1

    @property
    def layers(self) -> list[DeviceLayers]:
        """What is told of each; nothing yet where its turn has not come."""
        return [self.study.layers.get(device) or DeviceLayers(device) for device in self.devices]

    @property
    def version(self) -> tuple[object, ...]:
        """Another one where something was told."""
        return self.key, *(each.parts for each in self.layers)


def layer_runs(state: SessionState) -> list[LayerRun]:
    """In the order in which they were measured, or are to be."""
    runs: list[LayerRun] = []
    for study in state.studies:
        if not isinstance(study.began.spec, LayersSpec):
            continue
        devices = study.began.spec.devices
        told = [device for device in devices if device in study.layers]
        shown = devices if study.ended is None else told or devices[:1]
        runs += [LayerRun(study, (device,)) for device in shown]
        if len(told) > 1:
            runs.append(LayerRun(study, tuple(told[:2])))
    return runs


def newest(runs: list[LayerRun]) -> LayerRun | None:
    """What is followed: while a study measures the device that is measured, after it both beside each other."""
    if not runs:
        return None
    study = runs[-1].study
    own = [run for run in runs if run.study is study]
    if study.ended is not None:
        return own[-1]
    told = [run for run in own if not run.is_pair and run.devices[0] in study.layers]
    return told[-1] if told else own[0]


def device_to_profile(state: SessionState) -> str:
    """The one that serves; of several at once the device as it was asked for. Empty before there are settings."""
    engine, settings = state.engine, state.settings
    devices = engine.devices if engine is not None else []
    if len(devices) == 1 and not devices[0].startswith("("):
        return devices[0]
    return settings.device if settings is not None else ""
