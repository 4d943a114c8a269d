"""OpenVINO's properties as rows of a form: those that the devices list, with help and choices from the catalogue."""

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
"""Device to the properties that it lists (SessionState.device_properties)."""

_HIDDEN_PROPERTIES = ("SUPPORTED_PROPERTIES", "AVAILABLE_DEVICES", "DEVICE_ID")
"""Lists whose content is shown anyway, and DEVICE_ID, which is part of the device's name."""


@dataclass(frozen=True, slots=True)
class PropertyRow:
    """A property of a device. A row with `setting` is read-only: the setting's own row changes it."""

    device: str
    """Heading of the row: 'AUTO', 'GPU.0'."""
    key: str
    """The `--set` key: 'PERF_COUNT', or 'GPU.0.PERF_COUNT' for a device under AUTO."""
    kind: PropertyKind
    """FACT: read-only. TEXT: the allowed values are unknown, and any text goes to OpenVINO."""
    value: str
    """The value in Settings.properties; empty where none is set."""
    current: str
    """The device's own value, in force where none is set; for a FACT, the fact."""
    help: str = ""
    """One sentence; empty where the catalogue lacks the property."""
    choices: tuple[str, ...] = ()
    """The values to cycle through; empty where the value has to be typed."""
    expected: str = ""
    """The allowed values as a noun phrase."""
    unit: str = ""
    setting: str = ""
    """The setting that sets this property for the whole engine, such as 'hint' for PERFORMANCE_HINT."""

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
        """`settings.properties` with this row's value replaced by `text`, or removed where `text` is empty. Used for
        Staging.propose('properties', ...). Raises SettingsError, which says what is expected."""
        if self.setting:
            raise SettingsError(f"{self.name} is the setting {self.setting}, which has a row of its own")
        if self.kind is PropertyKind.FACT:
            raise SettingsError(f"{self.name} is a fact of the device and cannot be set")
        properties = {key: value for key, value in settings.properties.items() if key != self.key}
        if text.strip():
            key, value = canonical_property(self.key, text.strip())
            properties[key] = value
        return properties

    def next_choice(self, direction: int) -> str:
        """The choice after (1) or before (-1) the value in force; empty for a row without choices."""
        if not self.choices:
            return ""
        shown = self.value or self.current
        at = self.choices.index(shown) if shown in self.choices else (-1 if direction > 0 else 0)
        return self.choices[(at + direction) % len(self.choices)]


def property_rows(listed: ListedProperties, settings: Settings) -> list[PropertyRow]:
    """The rows for `settings.device`: for a virtual device its own rows, then those of each candidate. Within a device,
    settable rows come before facts. Properties that are set but not listed by any device come last, under the requested
    device, so that none is hidden."""
    device = settings.device
    virtual = virtual_of(device)
    rows: list[PropertyRow] = []
    if virtual:
        rows += _rows(virtual, "", listed.get(virtual, ()), settings)
    physical = [name for name in listed if not virtual_of(name)]
    for name in candidates(device, physical):
        found = next((each for each in physical if matches_device(name, each)), "")
        if found:
            # BATCH passes its properties to the one device under it, and takes no GPU.KEY.
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
    """The kind of a property that the catalogue lacks, after its value."""
    if reported.type == "bool":
        return PropertyKind.BOOL
    return PropertyKind.CHOICE if reported.choices else PropertyKind.TEXT


def _reported_choices(reported: ReportedProperty) -> tuple[str, ...]:
    return (YES, NO) if reported.type == "bool" else tuple(reported.choices)


def _is_choice_of(known: Property, choice: str, device: str) -> bool:
    """False for the choice of MODEL_DISTRIBUTION_POLICY that the device does not take: HETERO takes PIPELINE_PARALLEL
    only, the CPU TENSOR_PARALLEL only."""
    if known.name != "MODEL_DISTRIBUTION_POLICY":
        return True
    return (choice == "PIPELINE_PARALLEL") == (kind_of(device) == "HETERO")


def _canonical_value(known: Property, value: str) -> str:
    """The device's own value in the spelling of the choices; -1 streams are AUTO."""
    if known.name == "NUM_STREAMS" and value == "-1":
        return "AUTO"
    try:
        return known.read(value) if value else ""
    except SettingsError:
        return value
