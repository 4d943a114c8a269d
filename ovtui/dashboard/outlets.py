"""What leaves the screen: to the terminal's clipboard and to files. Each answers in a sentence for the event line."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ovtui.dashboard.copying import Extract, for_clipboard, write_csv, write_new
from ovtui.settings import config_store
from ovtui.settings.errors import SettingsError
from ovtui.settings.fields import fields_of
from ovtui.settings.view import ViewSettings

if TYPE_CHECKING:
    from ovtui.dashboard.app import Dashboard

_NOTHING = "nothing to copy here; the dashboard and the requests have a table"


def to_clipboard(app: Dashboard, extract: Extract | None) -> str:
    if extract is None:
        return _NOTHING
    text, rows, of = for_clipboard(extract)
    app.copy_to_clipboard(text)
    cut = f", the first {rows} of {of} rows: terminals take no more" if rows < of else ""
    return f"copied by OSC 52: {extract.what}, {len(text.encode()):,} bytes{cut}"


async def to_file(app: Dashboard, extract: Extract | None) -> None:
    """In a thread: 131,072 rows take 0.6 s, in which the screen goes on."""
    if extract is None:
        app.say(_NOTHING)
        return
    try:
        path = await asyncio.to_thread(write_csv, extract, datetime.now().astimezone(), Path.cwd())
    except OSError as error:
        app.say(f"not written: {error.strerror or error}: {Path.cwd()}")
        return
    app.say(f"written: {extract.what} to {path}")


def screenshot(app: Dashboard) -> str:
    name = f"ovtui-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    try:
        path = write_new(Path.cwd(), name, ".svg", app.export_screenshot())
    except OSError as error:
        return f"no screenshot: {error.strerror or error}: {Path.cwd()}"
    return f"screenshot: {path}"


def save_look(look: ViewSettings) -> str:
    """Writes what differs from the defaults into the config file, and takes out what no longer does."""
    values = {
        name: None if getattr(look, name) == field.default else getattr(look, name)
        for name, field in fields_of(ViewSettings).items()
    }
    try:
        path = config_store.save(view=values)
    except SettingsError as error:
        return f"not saved: {error}"
    return f"saved to {path}"
