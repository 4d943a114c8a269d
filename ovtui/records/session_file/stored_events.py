"""Events of a session file, decoded and checked: what is folded into figures has to be what a session can emit.

A file may be damaged, or of an ovtui that knows more. What cannot be decoded is left out and counted, as damage where
this ovtui knows the kind, else as unknown; so is what refers to an engine, a trial, a study or a time that is none."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import msgspec

from ovtui.records.events import (
    EngineExited,
    EngineSpawned,
    Event,
    LoadEnded,
    SegmentBegan,
    SessionBegan,
    StudyBegan,
    StudyEnded,
    StudyLayers,
    StudyPoint,
    StudyStep,
    StudyStopping,
    TrialBegan,
    TrialEnded,
    TrialTurn,
    TurnBegan,
    TurnEnded,
)
from ovtui.records.odd_names import each_text, from_json, restored
from ovtui.records.session_file.damage import Damage
from ovtui.records.session_file.stored_counts import MOST_INT, can_be_end, most_due, most_within
from ovtui.settings.schema.settings import Settings

KINDS = frozenset(str(kind.__struct_config__.tag) for kind in Event.__args__)
"""The kinds of events that this ovtui knows."""
_MOST_FLOAT = 1e15
_LATEST_UNIX_S = 253_402_300_799.0
"""The last second of the year 9999, which time.strftime can still write."""
_MOST_NIREQ = 1 << 16
_SETTINGS_FIELDS = frozenset(Settings.__struct_fields__)
_MAY_BE_NEGATIVE = frozenset({"code"})
_NOT_JSON = "# event is no JSON|# events are no JSON"
_NOT_AS_EMITTED = "# event is not as ovtui emits it|# events are not as ovtui emits them"
_NO_ENGINE = "the start of an engine is missing|the start of # engines is missing"


class StoredEvents:
    """Decodes the events of one file in their order. Owner: its reader."""

    def __init__(self, damage: Damage, last_ns: int) -> None:
        """`last_ns`: what is later is no time of this session."""
        self._damage, self._last_ns = damage, last_ns
        self._decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
        self.engines: set[int] = set()
        self._trials: set[int] = set()
        self._studies: set[int] = set()
        self._settings: Settings | None = None
        self._loads: dict[tuple[float, str], Settings] = {}
        """Rate and arrival of the segments, each with settings that have them."""
        self.segments: set[int] = set()
        self.unknown = 0
        """Events, or settings in them, that this ovtui does not know."""
        self.session: SessionBegan | None = None

    def decode(self, kind: Any, data: Any) -> Iterator[Event]:
        """The event, after the start of its engine where that is missing; nothing where it cannot be used."""
        event = self._decoded(kind, data)
        if event is None:
            return
        if not self._is_sound(event):
            self._damage.add(_NOT_AS_EMITTED)
            return
        if isinstance(event, SessionBegan):
            self.session = event
            self._settings = event.settings
        if isinstance(event, SegmentBegan):
            self.segments.add(event.segment)
            self._loads.setdefault((event.settings.rate, event.settings.arrival), event.settings)
        if isinstance(event, TrialBegan):
            self._trials.add(event.trial)
        if isinstance(event, StudyBegan):
            self._studies.add(event.study)
        engine = getattr(event, "engine", 0)
        if isinstance(event, EngineSpawned):
            self.engines.add(engine)
        elif engine and engine not in self.engines and not isinstance(event, TrialBegan):  # that comes before it
            # Without it nothing of what the engine did could be shown.
            self._damage.add(_NO_ENGINE)
            self.engines.add(engine)
            settings = event.settings if isinstance(event, SegmentBegan) else self._settings
            yield EngineSpawned(t_ns=event.t_ns, engine=engine, pid=0, settings=settings or Settings())
        yield event

    def most_waiting(self, t_ns: int) -> float:
        """The most requests that can be due and not sent after `t_ns`, by the loads that there were."""
        if not self._loads:
            return most_within(t_ns)
        return max(most_due(settings, t_ns) for settings in self._loads.values())

    def _decoded(self, kind: Any, data: Any) -> Event | None:
        try:
            return from_json(self._decoder, data)
        except msgspec.ValidationError:
            return self._decoded_without_news(kind, data)
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
            self._damage.add(_NOT_JSON)
            return None

    def _decoded_without_news(self, kind: Any, data: Any) -> Event | None:
        """An event that does not fit its kind: of an unknown kind, with settings of a newer ovtui, or damaged."""
        try:
            fields = each_text(msgspec.json.decode(data), restored)
            told = fields["kind"]
            # A damaged name of a kind differs from the one in the column beside it.
            if told == kind and told not in KINDS and isinstance(fields.get("t_ns"), int):
                self.unknown += 1
                return None
            event = msgspec.convert({name: _known_settings(value) for name, value in fields.items()}, Event)
        except (msgspec.MsgspecError, TypeError, ValueError, KeyError, AttributeError, RecursionError):
            self._damage.add(_NOT_AS_EMITTED)
            return None
        self.unknown += 1
        return event  # type: ignore[no-any-return]

    def _is_sound(self, event: Event) -> bool:
        if not 0 <= event.t_ns <= self._last_ns or not _is_plain(event):
            return False
        match event:
            case SessionBegan():
                return 0 <= event.started_at_s <= _LATEST_UNIX_S
            case SegmentBegan():
                times = (event.load_began_ns or 0, event.until_ns or 0)
                return (
                    event.engine > 0 and 1 <= event.nireq <= _MOST_NIREQ and event.segment < 1 << 32 and min(times) >= 0
                )
            case LoadEnded() | EngineExited():
                return event.engine > 0 and can_be_end(event, self.most_waiting)
            case TrialBegan():
                return event.engine > 0 and event.trial > 0
            case TrialTurn() | TrialEnded():
                return event.trial in self._trials
            case StudyBegan():
                return event.study > 0
            case StudyStep() | StudyStopping() | StudyEnded() | StudyLayers():
                return event.study in self._studies
            case StudyPoint():
                in_order = event.begin_ns <= event.until_ns and (event.recording or event.until_ns <= self._last_ns)
                return event.study in self._studies and event.point > 0 and event.segment < 1 << 32 and bool(in_order)
            case TurnBegan():
                return event.engine > 0 and event.segment < 1 << 32
            case TurnEnded():
                return event.halted_ns <= event.t_ns
            case _:
                return getattr(event, "engine", 1) > 0 or event.__struct_config__.tag in ("note", "device-properties")


def _known_settings(value: Any) -> Any:
    """Without the settings of a newer ovtui, where `value` is a table of settings."""
    if isinstance(value, dict) and {"model", "device"} <= value.keys() and not value.keys() <= _SETTINGS_FIELDS:
        return {name: setting for name, setting in value.items() if name in _SETTINGS_FIELDS}
    return value


def _is_plain(value: Any, name: str = "") -> bool:
    """True where all numbers in an event, and in what it holds, are such as figures can be made of."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return True
    if isinstance(value, int):
        return -MOST_INT < value < MOST_INT if name in _MAY_BE_NEGATIVE else 0 <= value < MOST_INT
    if isinstance(value, float):
        return math.isfinite(value) and abs(value) < _MOST_FLOAT
    if isinstance(value, Settings):  # checks itself
        return math.isfinite(value.duration_s) and math.isfinite(value.rate) and value.requests < MOST_INT
    if isinstance(value, msgspec.Struct):
        return all(_is_plain(getattr(value, field), field) for field in value.__struct_fields__)
    if isinstance(value, dict):
        return all(_is_plain(each) for each in value.values())
    return all(_is_plain(each) for each in value)
