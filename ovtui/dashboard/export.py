"""What leaves the screen: table rows for the terminal's clipboard and for files, screenshots, the saved look."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from textual.app import App

from ovtui.records.data_shapes import NO_DATA_SHAPES, DataShapes
from ovtui.records.export import csv_jsonl
from ovtui.records.record import Records
from ovtui.settings.errors import SettingsError
from ovtui.settings.files import config
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.fields import fields_of
from ovtui.settings.shown_text import encodable, shown

MAX_CLIPBOARD_BASE64 = 74_994
"""The longest clipboard sequence that the strictest terminals accept; tmux and screen drop longer ones entirely."""
_MAX_CLIPBOARD_BYTES = MAX_CLIPBOARD_BASE64 // 4 * 3


@dataclass(frozen=True, slots=True)
class TableExport:
    """Rows of a table as text."""

    title: str
    """What the rows are: 'request 1,234', '31 requests in sight'."""
    headings: Sequence[str]
    rows: Callable[[], Sequence[Sequence[str]]]
    """Returns the cells of each row; called when they are needed, possibly in another thread."""


def export_of_records(records: Records, what: str, shapes: DataShapes = NO_DATA_SHAPES) -> TableExport | None:
    """These requests with all fields, in the columns of `ovtui export --to csv`; None for no records. `shapes`: the
    session's."""
    return TableExport(what, csv_jsonl.COLUMNS, lambda: csv_jsonl.csv_rows(records, shapes)) if len(records) else None


def clipboard_text(extract: TableExport) -> tuple[str, int, int]:
    """Tab-separated lines under their headings, as many as a terminal accepts; then the number of rows in the text, and
    the number of all rows."""
    rows = extract.rows()
    lines = ["\t".join(extract.headings)]
    size = len(lines[0].encode()) + 1
    for row in rows:
        line = "\t".join(map(shown, row))
        size += len(line.encode()) + 1
        if size > _MAX_CLIPBOARD_BYTES:
            break
        lines.append(line)
    return "\n".join(lines) + "\n", len(lines) - 1, len(rows)


def write_csv(extract: TableExport, now: datetime, folder: Path) -> Path:
    """Writes a new file in that folder and returns its path. Raises OSError."""
    text = csv_jsonl.csv_text([extract.headings, *extract.rows()])
    return write_new_file(folder, f"ovtui-{now:%Y%m%d-%H%M%S}", ".csv", text)


def write_new_file(folder: Path, stem: str, suffix: str, text: str) -> Path:
    """Writes a new file and returns its path; an existing file is kept, and the new name gets a number. Raises
    OSError."""
    for number in range(1, 1000):
        path = folder / (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}")
        try:
            with path.open("x", encoding="utf-8", newline="") as file:
                file.write(encodable(text))
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"{folder / stem}{suffix} and 998 more are there already")


_NO_TABLE_TEXT = "nothing to copy here; the overview and the requests have a table"


def copy_to_clipboard(app: App[Any], extract: TableExport | None) -> str:
    """Sends the rows to the terminal's clipboard; returns the answer to the key."""
    if extract is None:
        return _NO_TABLE_TEXT
    text, rows, of = clipboard_text(extract)
    app.copy_to_clipboard(text)
    cut = f", the first {rows} of {of} rows: terminals take no more" if rows < of else ""
    return f"copied by OSC 52: {extract.title}, {len(text.encode()):,} bytes{cut}"


async def save_csv(extract: TableExport | None) -> str:
    """Writes a CSV file; returns the answer to the key. Runs in a thread, because 131,072 rows take 0.6 s."""
    if extract is None:
        return _NO_TABLE_TEXT
    try:
        path = await asyncio.to_thread(write_csv, extract, datetime.now().astimezone(), Path.cwd())
    except OSError as error:
        return f"not written: {error.strerror or error}: {Path.cwd()}"
    return f"written: {extract.title} to {path}"


def save_screenshot(picture: str) -> str:
    """Writes an SVG file with this text; returns the answer to the key."""
    name = f"ovtui-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    try:
        path = write_new_file(Path.cwd(), name, ".svg", picture)
    except OSError as error:
        return f"no screenshot: {error.strerror or error}: {Path.cwd()}"
    return f"screenshot: {path}"


def save_look(look: DisplaySettings) -> str:
    """Writes the settings that differ from the defaults into the config file and removes the others from it; returns
    the answer to the key."""
    values = {
        name: None if getattr(look, name) == field.default else getattr(look, name)
        for name, field in fields_of(DisplaySettings).items()
    }
    try:
        path = config.save(view=values)
    except SettingsError as error:
        return f"not saved: {error}"
    return f"saved to {path}"
