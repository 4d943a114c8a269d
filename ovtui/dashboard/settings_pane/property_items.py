"""The rows of the devices' properties in the settings pane, and the one that adds a property. No Textual."""

# ruff: noqa: ARG002 - not every kind of row needs the context

from __future__ import annotations

from collections.abc import Sequence

from ovtui.dashboard.settings_pane.pane_rows import Change, PaneContext, PaneItem, RowState
from ovtui.dashboard.staging import value_text
from ovtui.metrics.number_format import UNKNOWN
from ovtui.settings.errors import SettingsError
from ovtui.settings.openvino_properties.folding import fold_properties
from ovtui.settings.openvino_properties.property import PropertyKind
from ovtui.settings.openvino_properties.rows import PropertyRow
from ovtui.settings.schema.fields import split_assignment


class PropertyItem(PaneItem):
    """An OpenVINO property as a device lists it."""

    def __init__(self, row: PropertyRow, group: str) -> None:
        self.row, self.group = row, group
        self.id = f"{group}/{row.key}"
        self.setting_id = row.setting
        self.digits_start_edit = row.settable and not row.choices
        self.letters_start_edit = row.settable and row.kind is PropertyKind.TEXT and not row.choices
        self.cycles = bool(row.choices)

    def typed_choices(self, context: PaneContext) -> Sequence[str]:
        return self.row.choices if self.row.settable else ()

    @property
    def search_text(self) -> str:
        return f"{self.row.key} {self.group} {self.row.setting} {self.row.help}"

    def state(self, context: PaneContext) -> RowState:
        row, staging = self.row, context.staging
        value, old, status = row.value or row.current or UNKNOWN, None, ""
        before = staging.in_force.properties.get(row.key, "") if staging.in_force is not None else ""
        if row.settable and before != row.value:
            old, status = before or row.current or UNKNOWN, "staged"
        elif row.setting:  # the device lists its own default, not the value of the setting
            value, status = value_text(row.setting, staging.value(row.setting)), "setting"
        elif row.kind is PropertyKind.FACT:
            status = "fact"
        unit = f" {row.unit}" if row.unit and value != UNKNOWN and not row.setting else ""
        default = context.defaults.properties.get(row.key, "")
        return RowState(
            key="",
            label=row.name,
            value=f"{value}{unit}",
            old=old,
            status=status,
            default=(default or row.current or "the device's") if row.value != default else "",
            dimmed=not row.settable,
            automatic=not (staging.value(row.setting) if row.setting else row.value),
            wide=True,
        )

    def help_text(self, context: PaneContext) -> str:
        row = self.row
        if row.setting:
            return f"{row.key}: set by the setting {row.setting}, in its own row. {row.help}"
        if row.kind is PropertyKind.FACT:
            return f"{row.key}: read-only, reported by {row.device}. {row.help}"
        any_text = "any value that the device takes; ovtui does not know this property"
        expected = row.expected if row.expected != "text" else any_text
        current = f" The device reports {row.current}." if row.current else ""
        return f"{row.key}: {expected}. {row.help}{current}"

    def stepped(self, context: PaneContext, direction: int) -> Change | None:
        value = self.row.value or self.row.current
        if not self.row.settable:
            return self._change(context, value)  # raises with the reason
        if self.row.choices or not value.lstrip("-").isdigit():
            return None
        return self._change(context, str(int(value) + direction))

    def next_choice(self, context: PaneContext, direction: int) -> Change | None:
        if self.row.settable and not self.row.choices:
            return None
        return self._change(context, self.row.next_choice(direction) or self.row.value)

    def reset(self, context: PaneContext) -> Change | None:
        default = context.defaults.properties.get(self.row.key, "")
        return None if self.row.value == default else self._change(context, default)

    def edit_text(self, context: PaneContext) -> str:
        if not self.row.settable:
            self._change(context, self.row.value)  # raises with the reason
        return self.row.value or self.row.current

    def parsed(self, context: PaneContext, text: str) -> Change:
        return self._change(context, text)

    def _change(self, context: PaneContext, text: str) -> Change:
        return "properties", self.row.change(context.staging.wanted, text)


class AddItem(PaneItem):
    """Adds any property by name: one that no device lists, or one for a device under AUTO."""

    id = "add-property"
    search_text = "add property set key value"
    letters_start_edit = True

    def __init__(self, group: str) -> None:
        self.group = group

    def state(self, context: PaneContext) -> RowState:
        return RowState(key="", label="add property", value="KEY=VALUE", automatic=True)

    def help_text(self, context: PaneContext) -> str:
        return (
            "Any property of OpenVINO: KEY=VALUE for the device of the device row, GPU.KEY=VALUE for one of its "
            "devices. A value may contain blanks; an empty value removes the property."
        )

    def parsed(self, context: PaneContext, text: str) -> Change:
        key, value = split_assignment(text)
        old = context.staging.wanted.properties
        if not value:
            if key not in old:
                raise SettingsError(f"{key} is not set; write {key}=VALUE")
            return "properties", {name: value for name, value in old.items() if name != key}
        folded = fold_properties({"properties": {key: value}})
        setting = next((name for name in folded if name != "properties"), None)
        if setting is not None:
            return setting, folded[setting]
        return "properties", {**old, **folded["properties"]}
