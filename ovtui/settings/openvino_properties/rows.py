"""OpenVINO's properties as the rows of a form: what the devices list, with what the catalogue knows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ovtui.settings.device_names import candidates, kind_of, matches_device, virtual_of
from ovtui.settings.errors import SettingsError
from ovtui.settings.openvino_properties.catalogue import canonical_property, catalogue
from ovtui.settings.openvino_properties.folding import settings_by_property
from ovtui.settings.openvino_properties.property import NO, YES, Property, PropertyKind
from ovtui.settings.openvino_properties.reported import ReportedProperty
from ovtui.settings.schema.settings import Settings

ListedProperties = Mapping[str, Sequence[ReportedProperty]]
"""Device to what it lists: Story.device_properties."""

_HIDDEN_PROPERTIES = ("SUPPORTED_PROPERTIES", "AVAILABLE_DEVICES", "DEVICE_ID")
"""Lists of what is shown anyway, and what the device's name says."""


@dataclass(frozen=True, slots=True)
class PropertyRow:
    """One property of one device. A row with `setting` has a setting of its own, and is changed there."""

    device: str
    """Heading of the row: 'AUTO', 'GPU.0'."""
    key: str
    """What `--set` takes: 'PERF_COUNT', or 'GPU.0.PERF_COUNT' for a device under AUTO."""
    kind: PropertyKind
    """FACT: read-only. TEXT: nothing is known of the values, and whatever is written goes to OpenVINO."""
    value: str
    """Set by a person, in Settings.properties; empty where not."""
    current: str
    """As the device has it where nothing is set; of a fact, the fact."""
    help: str = ""
    """One sentence; empty where the catalogue does not know the property."""
    choices: tuple[str, ...] = ()
    """What can be cycled through; empty where the value has to be written."""
    expected: str = ""
    """What a value may be, in words."""
    unit: str = ""
    setting: str = ""
    """The setting that fills this property for the whole engine, such as 'hint' for PERFORMANCE_HINT."""

    @property
    def name(self) -> str:
        return self.key.rpartition(".")[2]

    @property
    def settable(self) -> bool:
        return self.kind is not PropertyKind.FACT and not self.setting

    @property
    def changed(self) -> bool:
        return self.value != ""

    def change(self, settings: Settings, text: str) -> dict[str, str]:
        """`settings.properties` with this row's value written as `text`; an empty one takes it out. For
        Staging.propose('properties', ...). Raises SettingsError saying what was expected."""
        if self.setting:
            raise SettingsError(f"{self.name}: it is the setting {self.setting}, which has a row of its own")
        if self.kind is PropertyKind.FACT:
            raise SettingsError(f"{self.name} is a fact of the device and cannot be set")
        properties = {key: value for key, value in settings.properties.items() if key != self.key}
        if text.strip():
            key, value = canonical_property(self.key, text.strip())
            properties[key] = value
        return properties

    def next_choice(self, direction: int) -> str:
        """The value after (1) or before (-1) the one in force, for a row with choices; empty for one without."""
        if not self.choices:
            return ""
        shown = self.value or self.current
        at = self.choices.index(shown) if shown in self.choices else (-1 if direction > 0 else 0)
        return self.choices[(at + direction) % len(self.choices)]


def property_rows(listed: ListedProperties, settings: Settings) -> list[PropertyRow]:
    """The rows that matter for `settings.device`: of a virtual device its own, then each candidate's; settable rows of
    a device before its facts. Properties that are set and that no device lists come last, under the device as asked
    for, so that none is hidden."""
    device = settings.device
    virtual = virtual_of(device)
    rows: list[PropertyRow] = []
    if virtual:
        rows += _rows(virtual, "", listed.get(virtual, ()), settings)
    physical = [name for name in listed if not virtual_of(name)]
    for name in candidates(device, physical):
        found = next((each for each in physical if matches_device(name, each)), "")
        if found:
            # BATCH hands its properties on to the one device under it, and takes none by device.
            head = name if virtual not in ("", "BATCH") else ""
            rows += _rows(found, head, listed[found], settings)
    shown = {row.key for row in rows}
    rows += [_unlisted_row(device, key, value) for key, value in settings.properties.items() if key not in shown]
    return rows


def _rows(device: str, head: str, listed: Sequence[ReportedProperty], settings: Settings) -> list[PropertyRow]:
    rows = [_row(device, head, reported, settings) for reported in listed if reported.name not in _HIDDEN_PROPERTIES]
    known = list(catalogue())
    order = {name: number for number, name in enumerate(known)}
    found = [row for row in rows if row is not None]
    return sorted(found, key=lambda row: (row.kind is PropertyKind.FACT, order.get(row.name, len(order)), row.name))


def _row(device: str, head: str, reported: ReportedProperty, settings: Settings) -> PropertyRow | None:
    known = catalogue().get(reported.name)
    if known is not None and known.kind is PropertyKind.OPAQUE:
        return None
    key = f"{head}.{reported.name}" if head else reported.name
    own = settings_by_property().get(reported.name, "") if not head else ""
    value = settings.properties.get(key, "")
    if reported.access == "RO":
        if not reported.value:
            return None
        text, unit = (known.help, known.unit) if known is not None else ("", "")
        return PropertyRow(device, key, PropertyKind.FACT, "", reported.value, text, unit=unit)
    if known is None or not known.settable:
        return PropertyRow(
            device,
            key,
            _reported_kind(reported),
            value,
            reported.value,
            choices=_reported_choices(reported),
            expected="text",
        )
    choices = tuple(choice for choice in known.offered if _is_choice_of(known, choice, device))
    return PropertyRow(
        device, key, known.kind, value, _canonical_value(known, reported.value), known.help, choices, known.expected,
        known.unit, own,
    )  # fmt: skip


def _unlisted_row(device: str, key: str, value: str) -> PropertyRow:
    known = catalogue().get(key.rpartition(".")[2])
    if known is None:
        return PropertyRow(device, key, PropertyKind.TEXT, value, "", expected="text")
    return PropertyRow(device, key, known.kind, value, "", known.help, known.offered, known.expected, known.unit)


def _reported_kind(reported: ReportedProperty) -> PropertyKind:
    """Of a property that the catalogue does not know: what its value shows."""
    if reported.type == "bool":
        return PropertyKind.BOOL
    return PropertyKind.CHOICE if reported.choices else PropertyKind.TEXT


def _reported_choices(reported: ReportedProperty) -> tuple[str, ...]:
    return (YES, NO) if reported.type == "bool" else tuple(reported.choices)


def _is_choice_of(known: Property, choice: str, device: str) -> bool:
    """PIPELINE_PARALLEL is HETERO's alone, TENSOR_PARALLEL the CPU's."""
    if known.name != "MODEL_DISTRIBUTION_POLICY":
        return True
    return (choice == "PIPELINE_PARALLEL") == (kind_of(device) == "HETERO")


def _canonical_value(known: Property, value: str) -> str:
    """The device's own value as the choices spell it; -1 streams are AUTO."""
    if known.name == "NUM_STREAMS" and value == "-1":
        return "AUTO"
    try:
        return known.read(value) if value else ""
    except SettingsError:
        return value
