"""The rows of the settings pane: what each shows, finds, and what the keys make of it. No screen in here."""

# ruff: noqa: ARG002 - what a row answers need not depend on the moment

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ovtui.dashboard.settings_pane.value_steps import choices, next_choice, step
from ovtui.dashboard.staging import Staging, value_text
from ovtui.settings.device_names import device_suggestion, missing_devices
from ovtui.settings.errors import SettingsError
from ovtui.settings.openvino_properties.folding import fold_properties
from ovtui.settings.openvino_properties.property import PropertyKind
from ovtui.settings.openvino_properties.rows import PropertyRow
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.fields import Field, split_assignment
from ovtui.settings.schema.settings import Settings

Change = tuple[str, Any]
"""Name and wanted value of a setting, for Staging.propose."""


@dataclass(frozen=True, slots=True)
class PaneContext:
    """What automatic values come to now."""

    staging: Staging
    defaults: Settings
    """Where a reset goes back to: the config file's settings, or ovtui's own."""
    devices: Sequence[str] = ()
    """This machine's."""
    in_flight: int = 0
    throughput: float | None = None


@dataclass(frozen=True, slots=True)
class RowState:
    """All that a row shows."""

    key: str
    label: str
    value: str
    old: str | None = None
    """The value in force where another one is staged."""
    status: str = ""
    default: str = ""
    """What the value would be if it had not been changed; empty where it has not."""
    selected: bool = False
    dimmed: bool = False
    left_open: bool = False
    """Nothing was set: the value says what it comes to."""
    error: str = ""
    wide: bool = False
    """The label is long, such as a property's name, and gets more of the row."""


class PaneItem:
    """One row that can be chosen. Changes raise SettingsError where the text or the moment does not allow them; what a
    row has none of is None."""

    group: str
    """The heading that it stands under."""
    id: str
    leads_to = ""
    """Id of the row where this is changed; empty where it is changed here."""
    takes_digits = False
    """Whether a digit begins a new value."""
    cycles = False
    """Whether enter takes the next choice, for nothing else can be written."""

    def state(self, now: PaneContext) -> RowState:
        raise NotImplementedError

    def about(self, now: PaneContext) -> str:
        """What it means, for the pane's foot."""
        raise NotImplementedError

    def found_by(self, words: Sequence[str]) -> bool:
        """Whether each of these words, in small letters, is in its name, label or help."""
        text = self.searched.lower()
        return all(word in text for word in words)

    @property
    def searched(self) -> str:
        raise NotImplementedError

    def stepped(self, now: PaneContext, direction: int) -> Change | None:
        """One step up (1) or down (-1)."""
        return None

    def chosen(self, now: PaneContext, direction: int) -> Change | None:
        """The next (1) or the last (-1) choice."""
        return None

    def reset(self, now: PaneContext) -> Change | None:
        """Back to the default, where it has been changed."""
        return None

    def text(self, now: PaneContext) -> str:
        """The value to begin an edit with. Raises SettingsError where it cannot be written."""
        return ""

    def written(self, now: PaneContext, text: str) -> Change:
        raise NotImplementedError


class SettingItem(PaneItem):
    """A setting of our own."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.id, self.group = field.name, field.spec.group
        self.takes_digits = field.type in (int, float) or bool(field.spec.keywords)
        self.cycles = bool(field.choices) or field.type is bool

    @property
    def searched(self) -> str:
        spec = self.field.spec
        return f"{self.field.name} {self.field.label} {spec.property} {spec.help}"

    def state(self, now: PaneContext) -> RowState:
        name, staging = self.field.name, now.staging
        wanted = staging.value(name)
        effect = staging.effect(name)
        value, old = value_text(name, wanted), None
        status = {Effect.LIVE: "live", Effect.START: "start", Effect.RECOMPILE: ""}[effect]
        if name in staging.staged:
            old, status = value_text(name, getattr(staging.in_force, name)), "staged"
        elif name == "nireq" and not wanted and now.in_flight:
            value = f"auto ({now.in_flight})"
        default = getattr(now.defaults, name)
        return RowState(
            key=self.field.spec.key,
            label=self.field.label,
            value=value,
            old=old,
            status=status,
            default=value_text(name, default) if wanted != default else "",
            dimmed=effect is Effect.START or self._has_no_effect(staging),
            left_open=not wanted,
        )

    def _has_no_effect(self, staging: Staging) -> bool:
        device = str(staging.value("device")).upper()
        if self.field.name == "batch_timeout_ms":
            return staging.value("auto_batching") == "no" and not device.startswith("BATCH:")
        return False

    def about(self, now: PaneContext) -> str:
        spec = self.field.spec
        options = [str(option) for option in choices(self.field, now.devices) if option and option is not True]
        applies = f" Acts on {spec.applies_to}." if spec.applies_to else ""
        listed = f" [{' · '.join(options)}]" if options else ""
        default = f" Default: {value_text(self.id, getattr(now.defaults, self.id))}."
        return f"{spec.help}{applies}{listed}{default}"

    def _implied(self, now: PaneContext) -> float | None:
        """What an automatic value comes to now."""
        if self.field.name == "nireq":
            return now.in_flight or None
        return now.throughput if self.field.name == "rate" else None

    def stepped(self, now: PaneContext, direction: int) -> Change | None:
        value = step(self.field, now.staging.value(self.id), direction, self._implied(now))
        return None if value is None else (self.id, value)

    def chosen(self, now: PaneContext, direction: int) -> Change | None:
        value = next_choice(self.field, now.staging.value(self.id), direction, now.devices)
        return None if value is None else (self.id, value)

    def reset(self, now: PaneContext) -> Change | None:
        default = getattr(now.defaults, self.id)
        return None if now.staging.value(self.id) == default else (self.id, default)

    def text(self, now: PaneContext) -> str:
        if now.staging.effect(self.id) is Effect.START:
            raise SettingsError(f"{self.field.label}: read once, when the session starts")
        return self.field.show(now.staging.value(self.id))

    def written(self, now: PaneContext, text: str) -> Change:
        value = self.field.read(text)
        if self.id == "device" and now.devices and not now.staging.value("fallback_device"):
            lacking = missing_devices(value, now.devices)
            if lacking:
                here = ", ".join(now.devices)
                raise SettingsError(
                    f"no {lacking[0]} here (devices: {here}){device_suggestion(lacking[0], now.devices)}"
                )
        return self.id, value


class PropertyItem(PaneItem):
    """A property as a device lists it."""

    def __init__(self, row: PropertyRow, group: str) -> None:
        self.row, self.group = row, group
        self.id = f"{group}/{row.key}"
        self.leads_to = row.setting
        self.takes_digits = row.settable and not row.choices
        self.cycles = bool(row.choices)

    @property
    def searched(self) -> str:
        return f"{self.row.key} {self.group} {self.row.setting} {self.row.help}"

    def state(self, now: PaneContext) -> RowState:
        row, staging = self.row, now.staging
        value, old, status = row.value or row.current or "–", None, ""
        before = staging.in_force.properties.get(row.key, "") if staging.in_force is not None else ""
        if row.settable and before != row.value:
            old, status = before or row.current or "–", "staged"
        elif row.setting:  # what the device lists is its own default, not what the setting makes of it
            value, status = value_text(row.setting, staging.value(row.setting)), "setting"
        elif row.kind is PropertyKind.FACT:
            status = "fact"
        unit = f" {row.unit}" if row.unit and value != "–" and not row.setting else ""
        default = now.defaults.properties.get(row.key, "")
        return RowState(
            key="",
            label=row.name,
            value=f"{value}{unit}",
            old=old,
            status=status,
            default=(default or row.current or "the device's") if row.value != default else "",
            dimmed=not row.settable,
            left_open=not (staging.value(row.setting) if row.setting else row.value),
            wide=True,
        )

    def about(self, now: PaneContext) -> str:
        row = self.row
        if row.setting:
            return f"{row.key}: it is the setting {row.setting}, which has a row of its own. {row.help}"
        if row.kind is PropertyKind.FACT:
            return f"{row.key}, a fact of {row.device}. {row.help}"
        expected = row.expected if row.expected != "text" else "what the device takes; ovtui knows nothing of it"
        kept = f" The device has {row.current}." if row.current else ""
        return f"{row.key}: {expected}. {row.help}{kept}"

    def stepped(self, now: PaneContext, direction: int) -> Change | None:
        value = self.row.value or self.row.current
        if not self.row.settable:
            return self._change(now, value)  # says why
        if self.row.choices or not value.lstrip("-").isdigit():
            return None
        return self._change(now, str(int(value) + direction))

    def chosen(self, now: PaneContext, direction: int) -> Change | None:
        if self.row.settable and not self.row.choices:
            return None
        return self._change(now, self.row.next_choice(direction) or self.row.value)

    def reset(self, now: PaneContext) -> Change | None:
        default = now.defaults.properties.get(self.row.key, "")
        return None if self.row.value == default else self._change(now, default)

    def text(self, now: PaneContext) -> str:
        if not self.row.settable:
            self._change(now, self.row.value)  # says why
        return self.row.value or self.row.current

    def written(self, now: PaneContext, text: str) -> Change:
        return self._change(now, text)

    def _change(self, now: PaneContext, text: str) -> Change:
        return "properties", self.row.change(now.staging.wanted, text)


class AddItem(PaneItem):
    """Any property by its name: what no device lists, or what a device under AUTO is to get."""

    id = "add-property"
    searched = "add property set key value"

    def __init__(self, group: str) -> None:
        self.group = group

    def state(self, now: PaneContext) -> RowState:
        return RowState(key="", label="add property", value="KEY=VALUE", left_open=True)

    def about(self, now: PaneContext) -> str:
        return (
            "Any property of OpenVINO: KEY=VALUE for the device as it stands in the device row, GPU.KEY=VALUE for one "
            "of its devices. A value may hold blanks; an empty one takes the property out."
        )

    def written(self, now: PaneContext, text: str) -> Change:
        key, value = split_assignment(text)
        old = now.staging.wanted.properties
        if not value:
            if key not in old:
                raise SettingsError(f"{key} is not set; write {key}=VALUE")
            return "properties", {name: kept for name, kept in old.items() if name != key}
        folded = fold_properties({"properties": {key: value}})
        own = next((name for name in folded if name != "properties"), None)
        if own is not None:
            return own, folded[own]
        return "properties", {**old, **folded["properties"]}
