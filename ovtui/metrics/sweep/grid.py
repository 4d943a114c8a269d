"""The grid of a sweep in the order in which it is measured: points that one compile serves stand together."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import msgspec

from ovtui.settings.changes import effect_of, value_text
from ovtui.settings.device_names import kind_of, virtual_of
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.settings import Settings, fields
from ovtui.settings.vary_text import point_settings

TUNED_FOR = "PERFORMANCE_HINT_NUM_REQUESTS"
CompileKey = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class GridPoint:
    """A point before it is measured."""

    values: dict[str, str]
    settings: Settings | None
    """None where the values do not go together: `reason` says why."""
    reason: str = ""

    @property
    def key(self) -> tuple[tuple[str, str], ...]:
        """The values, whatever their order."""
        return tuple(sorted(self.values.items()))

    @property
    def text(self) -> str:
        return describe_values(self.values)


def describe_values(values: Mapping[str, str]) -> str:
    """'streams 2, in flight 8'."""
    return ", ".join(_one(name, text) for name, text in values.items())


def grid_point(base: Settings, values: Mapping[str, str]) -> GridPoint:
    try:
        return GridPoint(dict(values), _compiled_anew(point_settings(base, values), values))
    except SettingsError as error:
        return GridPoint(dict(values), None, str(error))


def whole_grid(base: Settings, vary: Mapping[str, Sequence[str]]) -> list[GridPoint]:
    """Every point once, in the order in which as few compiles as possible are needed. Points whose values do not go
    together come last."""
    names = list(vary)
    points = [
        grid_point(base, dict(zip(names, values, strict=True))) for values in product(*(vary[name] for name in names))
    ]
    return by_compile(points)


def by_compile(points: Sequence[GridPoint]) -> list[GridPoint]:
    """The points of each compile one after another, those of the first compile first."""
    able: dict[CompileKey, list[GridPoint]] = {}
    rest = []
    for point in points:
        if point.settings is None:
            rest.append(point)
        else:
            able.setdefault(compile_key(point.settings), []).append(point)
    return [point for group in able.values() for point in group] + rest


def compile_key(settings: Settings) -> CompileKey:
    """What an engine is compiled with: equal for points that run inside one compile."""
    return tuple(
        (name, tuple(sorted(value.items())) if isinstance(value := getattr(settings, name), dict) else value)
        for name in fields()
        if effect_of(name, settings) is Effect.RECOMPILE
    )


def for_a_session(settings: Settings, base: Settings, vary: Container[str]) -> Settings:
    """The settings of a point for a session of their own, which is tuned for its requests in flight by itself."""
    if TUNED_FOR in base.properties or TUNED_FOR in vary:
        return settings
    return _with_properties(settings, {key: text for key, text in settings.properties.items() if key != TUNED_FOR})


def _compiled_anew(settings: Settings, values: Mapping[str, str]) -> Settings:
    """Where compiling tunes the device for the requests in flight, a point with other ones is compiled anew: within the
    compile of another point it would be measured with streams, or a batch, that its own session never has. The property
    that says so is what the engine would set by itself."""
    tuned = settings.nireq and is_tuned_for_requests(settings) and TUNED_FOR not in settings.properties
    if "nireq" not in values or not tuned:
        return settings
    return _with_properties(settings, {**settings.properties, TUNED_FOR: str(settings.nireq)})


def is_tuned_for_requests(settings: Settings) -> bool:
    """Whether compiling depends on the requests in flight: under a hint, unless the CPU is told its streams."""
    if settings.hint == "none" or virtual_of(settings.device) == "BATCH":
        return False
    return not (kind_of(settings.device) == "CPU" and settings.nstreams.isdigit())


def _with_properties(settings: Settings, properties: Mapping[str, str]) -> Settings:
    return msgspec.structs.replace(settings, properties=dict(properties))


def _one(name: str, text: str) -> str:
    field = fields().get(name)
    if field is None:
        return f"{name}={text}"
    return f"{field.label} {value_text(name, field.read(text))}"
