"""docs/settings.md, made from the schemas and the catalogue (`ovtui config docs`)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ovtui.settings.openvino_properties.catalogue import catalogue
from ovtui.settings.openvino_properties.folding import settings_by_property
from ovtui.settings.openvino_properties.property import Property, PropertyKind
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.fields import Field, fields_by_group, fields_of
from ovtui.settings.schema.settings import Settings

_EFFECT_TEXTS = {
    Effect.LIVE: "a change acts at once",
    Effect.RECOMPILE: "a change recompiles: a new engine compiles beside the running one and then takes over",
    Effect.START: "read once, when the session starts",
}
_INTRO = """\
<!-- Written by `ovtui config docs > docs/settings.md`. A change by hand is lost. -->
# Settings

Every setting can be given as a flag, as an `OVTUI_` variable, in a preset, in the config file
(`ovtui config path` tells where it lies) and, in the dashboard, in the settings pane.
Flags win over variables, these over the preset, the preset over the config file, and that over the defaults;
`ovtui config show --origin` says which won. `ovtui config template` prints a config file with all of them.

In the config file and in presets the settings stand in a table `[settings]` under the names below:

```toml
[settings]
device = "AUTO:GPU,CPU"
rate = "30ms"
properties = { PERF_COUNT = true, GPU.GPU_QUEUE_PRIORITY = "HIGH" }
```
"""
_VIEW = """
## The dashboard's look

These stand in the table `[view]` of the config file; presets have none of them.
"""
_PROPERTIES = """
## OpenVINO's properties

`--set KEY=VALUE`, as often as needed, or `properties` in a file: any property of OpenVINO. `GPU.KEY=VALUE` sets it for
one device under AUTO, MULTI and HETERO. The ones below are known to ovtui, which refuses values they cannot have; the
rest goes to OpenVINO as it is. AUTO, MULTI and HETERO ignore what none of their devices knows, and ovtui says so.
Those with a setting of their own become that setting. All take a recompile, whatever OpenVINO's list calls them;
only the batch timeout of an explicit BATCH device changes while it runs.

| property | values | default | devices | |
|---|---|---|---|---|
"""
_FACTS = """
Read-only, shown as facts where a device has them: """


def settings_page() -> str:
    """The page, as Markdown."""
    return "".join(
        (
            _INTRO,
            *_sections(Settings),
            _VIEW,
            *(_setting(field) for field in fields_of(DisplaySettings).values()),
            _PROPERTIES,
            *(_property_row(entry) for entry in catalogue().values() if entry.settable),
            _FACTS,
            ", ".join(f"`{entry.name}`" for entry in catalogue().values() if entry.kind is PropertyKind.FACT),
            ".\n",
        )
    )


def _sections(schema: type[msgspec.Struct]) -> Iterable[str]:
    for group, members in fields_by_group(schema).items():
        yield f"\n## {group}\n"
        yield from map(_setting, members)


def _setting(field: Field) -> str:
    spec = field.spec
    flags = ", ".join(f"`{flag}{f' {spec.metavar}' if spec.metavar else ''}`" for flag in spec.flags)
    written = f"{flags}, `{field.env}`" if flags else f"the first word of the command line, `{field.env}`"
    default = field.show(field.default)
    if not field.default and spec.unset_text and spec.show is None:
        default = f"{default}, which is {spec.unset_text}" if default else spec.unset_text
    lines = [
        f"\n### {field.name}\n",
        spec.help,
        f"- written: {written}" + (f"; key in the pane: `{spec.key}`" if spec.key else ""),
        f"- values: {field.expected}; default: {default}",
        f"- {_EFFECT_TEXTS[spec.effect]}" + (", by another pool of infer requests" if spec.replaces_pool else ""),
    ]
    if spec.applies_to:
        lines.append(f"- applies to: {spec.applies_to}")
    if spec.property:
        lines.append(f"- OpenVINO's property: `{spec.property}`")
    lines[1] += "\n"
    return "\n".join(lines) + "\n"


def _property_row(entry: Property) -> str:
    name = f"`{entry.name}`"
    own = settings_by_property().get(entry.name)
    text = f"{entry.help} Setting: [{own}](#{own})." if own else entry.help
    values = entry.expected.replace("|", "\\|")
    return f"| {name} | {values} | {entry.default or ''} | {' '.join(entry.devices)} | {text} |\n"
