"""The settings of a run as the preset that a box gets: every one by name, so that nothing of the box's own adds to
them."""

from __future__ import annotations

from typing import Any

import msgspec

from ovtui.fleet.box import FleetError
from ovtui.fleet.on_box.paths_there import as_of_home, properties_there
from ovtui.settings.schema.settings import Settings, fields
from ovtui.settings.shown_text import encodable


def preset_text(settings: Settings, model: str = "") -> str:
    """TOML. `model`: its path on the box, instead of that of the settings. Raises FleetError for what no TOML holds."""
    import tomlkit

    values: dict[str, Any] = {name: getattr(settings, name) for name in fields()}
    values["cache_dir"] = as_of_home(settings.cache_dir)
    values["properties"] = properties_there(settings)
    values["model"] = model or as_of_home(settings.model)
    document = tomlkit.document()
    document["title"] = "ovtui fleet run"
    table = tomlkit.table()
    for name, value in values.items():
        text = msgspec.to_builtins(value)
        table[name] = "" if value is None else text
    document["settings"] = table
    written = tomlkit.dumps(document)
    odd = next((line for line in written.split("\n") if encodable(line) != line), "")
    if odd:
        raise FleetError(f"a setting has bytes that are no text, and cannot be sent to a box: {odd}")
    return written
