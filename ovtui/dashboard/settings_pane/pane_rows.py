"""The rows of the settings pane: what each shows, which searches find it, and what its keys change. The settings' rows
are here, those of the devices' properties in property_items.py. No Textual."""

# ruff: noqa: ARG002 - not every kind of row needs the context

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ovtui.dashboard.settings_pane.value_steps import choices, next_choice, step
from ovtui.dashboard.staging import Staging, value_text
from ovtui.settings.device_names import device_suggestion, missing_devices
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.fields import Field
from ovtui.settings.schema.settings import Settings

Change = tuple[str, Any]
"""Name and wanted value of a setting, for Staging.propose."""


@dataclass(frozen=True, slots=True)
class PaneContext:
    """The state that the rows depend on: staged values, defaults, and what automatic values resolve to now."""

    staging: Staging
    defaults: Settings
    """What a reset restores: the settings of the config file, or ovtui's defaults."""
    devices: Sequence[str] = ()
    """The devices of this machine."""
    in_flight: int = 0
    api: str = ""
    """How requests are made now: sync or async; empty before the first."""
    throughput: float | None = None


@dataclass(frozen=True, slots=True)
class RowState:
    """Everything that a row shows."""

    key: str
    label: str
    value: str
    old: str | None = None
    """The value in force, where another one is staged."""
    status: str = ""
    default: str = ""
    """The default, where the value differs from it; else empty."""
    selected: bool = False
    dimmed: bool = False
    automatic: bool = False
    """Nothing is set: `value` is what the automatic setting resolves to."""
    error: str = ""
    wide: bool = False
    """The label is long, such as a property's name, and gets more of the width."""
    typed: str = ""
    """The letters typed on this row, which filter its choices; empty where none are."""
    matches: tuple[str, ...] = ()
    """The choices that begin with `typed`; enter takes the first one."""


class PaneItem:
    """A row that can be selected: a setting, a property, or the row that adds a property.

    The methods that return a Change return None where the row has no such change, and raise SettingsError where the
    value or the state of the session does not allow it."""

    group: str
    """The heading above the row."""
    id: str
    setting_id = ""
    """Id of the row that edits this value; empty where this row does."""
    digits_start_edit = False
    """True when typing a digit begins a new value."""
    letters_start_edit = False
    """True when typing a letter begins a new value: a text whose row has no letter of its own."""
    setting = "properties"
    """Name of the setting that a change of this row changes."""
    own_key = ""
    """The letter that selects this row; empty where it has none."""
    cycles = False
    """True when enter takes the next choice, because no other value can be typed."""

    def typed_choices(self, context: PaneContext) -> Sequence[str]:
        """The choices that typed letters filter, as `parsed` reads them; empty where the row has no such list, or where
        it cannot be changed now."""
        return ()

    def can_edit(self, context: PaneContext) -> bool:
        """True where a value can be typed in full."""
        try:
            self.edit_text(context)
        except SettingsError:
            return False
        return not self.cycles and not self.setting_id

    def state(self, context: PaneContext) -> RowState:
        raise NotImplementedError

    def help_text(self, context: PaneContext) -> str:
        """The text on this row in the pane's foot."""
        raise NotImplementedError

    def matches_words(self, words: Sequence[str]) -> bool:
        """True when each of these lower-case words is in the row's name, label or help."""
        text = self.search_text.lower()
        return all(word in text for word in words)

    @property
    def search_text(self) -> str:
        raise NotImplementedError

    def stepped(self, context: PaneContext, direction: int) -> Change | None:
        """One step up (1) or down (-1)."""
        return None

    def next_choice(self, context: PaneContext, direction: int) -> Change | None:
        """The next (1) or previous (-1) choice."""
        return None

    def reset(self, context: PaneContext) -> Change | None:
        """Back to the default; None where the value is the default."""
        return None

    def edit_text(self, context: PaneContext) -> str:
        """The text that an edit begins with. Raises SettingsError where the value is read-only."""
        return ""

    def parsed(self, context: PaneContext, text: str) -> Change:
        """The change that `text`, typed by a person, asks for."""
        raise NotImplementedError


class SettingItem(PaneItem):
    """A setting of ovtui."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.id, self.group = field.name, field.spec.group
        self.setting = field.name
        self.digits_start_edit = field.type in (int, float) or bool(field.spec.keywords)
        self.cycles = (bool(field.choices) and not field.other_texts) or field.type is bool
        self.own_key = field.spec.key
        self.letters_start_edit = field.type is str and not field.spec.key

    def typed_choices(self, context: PaneContext) -> Sequence[str]:
        # Where other texts can be given, letters begin such a one, but on a row that letters are the way to.
        listed = self.cycles or (self.field.choices and self.own_key)
        if not listed or context.staging.effect(self.id) is Effect.START:
            return ()
        return [self.field.show(choice) for choice in choices(self.field)]

    @property
    def search_text(self) -> str:
        spec = self.field.spec
        return f"{self.field.name} {self.field.label} {spec.property} {spec.help}"

    def state(self, context: PaneContext) -> RowState:
        name, staging = self.field.name, context.staging
        wanted = staging.value(name)
        effect = staging.effect(name)
        value, old = value_text(name, wanted), None
        status = {Effect.LIVE: "live", Effect.START: "start", Effect.RECOMPILE: ""}[effect]
        if name in staging.staged:
            old, status = value_text(name, getattr(staging.in_force, name)), "staged"
        elif name == "nireq" and not wanted and context.in_flight:
            value = f"auto ({context.in_flight})"
        elif name == "api" and wanted == "auto" and context.api:
            value = f"auto ({context.api})"
        default = getattr(context.defaults, name)
        return RowState(
            key=self.field.spec.key,
            label=self.field.label,
            value=value,
            old=old,
            status=status,
            default=value_text(name, default) if wanted != default else "",
            dimmed=effect is Effect.START or self._has_no_effect(staging),
            automatic=not wanted,
        )

    def _has_no_effect(self, staging: Staging) -> bool:
        device = str(staging.value("device")).upper()
        if self.field.name == "batch_timeout_ms":
            return staging.value("auto_batching") == "no" and not device.startswith("BATCH:")
        return False

    def help_text(self, context: PaneContext) -> str:
        spec = self.field.spec
        options = [str(option) for option in choices(self.field, context.devices) if option and option is not True]
        applies = f" Acts on {spec.applies_to}." if spec.applies_to else ""
        listed = f" [{' · '.join(options)}]" if options else ""
        default = f" Default: {value_text(self.id, getattr(context.defaults, self.id))}."
        return f"{spec.help}{applies}{listed}{default}"

    def _implied(self, context: PaneContext) -> float | None:
        """What an automatic value resolves to now."""
        if self.field.name == "nireq":
            return context.in_flight or None
        return context.throughput if self.field.name == "rate" else None

    def stepped(self, context: PaneContext, direction: int) -> Change | None:
        value = step(self.field, context.staging.value(self.id), direction, self._implied(context))
        return None if value is None else (self.id, value)

    def next_choice(self, context: PaneContext, direction: int) -> Change | None:
        value = next_choice(self.field, context.staging.value(self.id), direction, context.devices)
        return None if value is None else (self.id, value)

    def reset(self, context: PaneContext) -> Change | None:
        default = getattr(context.defaults, self.id)
        return None if context.staging.value(self.id) == default else (self.id, default)

    def edit_text(self, context: PaneContext) -> str:
        if context.staging.effect(self.id) is Effect.START:
            raise SettingsError(f"{self.field.label}: read once, when the session starts")
        return self.field.show(context.staging.value(self.id))

    def parsed(self, context: PaneContext, text: str) -> Change:
        value = self.field.read(text)
        if self.id == "device" and context.devices and not context.staging.value("fallback_device"):
            lacking = missing_devices(value, context.devices)
            if lacking:
                listed = ", ".join(context.devices)
                suggestion = device_suggestion(lacking[0], context.devices)
                raise SettingsError(f"no {lacking[0]} here (devices: {listed}){suggestion}")
        return self.id, value
