"""All that a run has the sh of a box do, as text for `--dry-run`. What is known only once the box has answered has a
name in it: $STATE and $MODELS (folders), BOX, SESSION, and FILE, SIZE and MARK of a file that is sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ovtui.fleet.box import Box
from ovtui.fleet.on_box import ending, starting
from ovtui.fleet.on_box.facts import DOCTOR_WORDS
from ovtui.fleet.on_box.file_facts import facts_script
from ovtui.fleet.on_box.looking import OnBox, looking_script
from ovtui.fleet.on_box.one_machine import BOOT_SCRIPT
from ovtui.fleet.on_box.preset import preset_text
from ovtui.fleet.on_box.script import run_ovtui
from ovtui.fleet.on_box.sent_model import SentModel, checked_script, there_script
from ovtui.fleet.reach.transfers import beginning_script, read_script, take_script
from ovtui.fleet.running.following import follow_words
from ovtui.fleet.running.measure_options import MeasureOptions
from ovtui.settings.schema.settings import Settings

SENT_MODE = 0o600
_AS_IF = OnBox("$STATE", "$MODELS", "$OVTUI", "", None)
"""The folders of a box are its own; in the scripts that are shown they have their names."""


class ShownScript(NamedTuple):
    title: str
    text: str


def run_scripts(
    box: Box, settings: Settings, options: MeasureOptions, model: SentModel | None, *, boot: bool = False
) -> list[ShownScript]:
    """In the order in which they run. `boot`: the box is asked which machine it is, beside its facts."""
    run = starting.folder_name(options.run, "BOX")
    recording = f"$STATE/{run}/{starting.RECORDING}"
    preset = preset_text(settings, model.path_on(_AS_IF) if model is not None else "")
    words = starting.begin_words(options.keep_s, options.record_limit)
    parts = [("look", looking_script(box)), ("the facts of the machine", run_ovtui(box, DOCTOR_WORDS))]
    if boot:
        parts.append(("which machine it is", BOOT_SCRIPT))
    if model is not None:
        parts += _of_model(model)
    parts += [
        ("begin, at the same time as the next", starting.begin_script(box, run, preset, words)),
        ("follow", run_ovtui(box, follow_words(recording, options.every_s))),
        ("begin, after ctrl+c: waits for the start that is under way", starting.await_script(box, run)),
        ("end", ending.stop_script(box, "SESSION", at_once=False)),
        ("end, after ctrl+c twice, or of what failed", ending.stop_script(box, "SESSION", at_once=True)),
        ("end, of a session whose ID is not known", ending.start_stopped_script(box, run)),
        ("and its ID, for the end above", run_ovtui(box, ending.SESSIONS_WORDS)),
    ]
    if options.recordings == "fetch":
        parts += [
            ("size and hash of the recording", facts_script([recording, f"{recording}-wal"])),
            ("the same, where it came here with other bytes", facts_script([recording])),
            ("fetch", f"# over SFTP: {recording}, and {recording}-wal where it is there\n"),
            ("fetch, of a box without SFTP", read_script(recording, 1)),
        ]
    if options.recordings != "leave":
        parts.append(("take away", ending.removal_script(run)))
    return [ShownScript(title, spelled(script)) for title, script in parts]


def _of_model(model: SentModel) -> list[tuple[str, str]]:
    folder, paths = f"$MODELS/{model.key}", model.paths_on(_AS_IF)
    return [
        ("is the model there?", there_script(paths, folder, hashed=False)),
        *sending_scripts(f"{folder}/FILE", "of each file that is missing"),
        ("is the model there as it should be?", there_script(paths, folder, hashed=True)),
        ("the model is there", checked_script(folder)),
    ]


def sending_scripts(path: str, what: str) -> list[tuple[str, str]]:
    take = [take_script(path, "MARK", "SIZE", SENT_MODE, whole=whole) for whole in (True, False)]
    return [
        (f"send, {what}: what of it is there?", beginning_script(path, "MARK")),
        ("send: the file by standard input, so that this comes as words of sh -c 'eval ...'", take[0]),
        ("send: the same, of the rest of one that was broken off", take[1]),
    ]


def spelled(script: str) -> str:
    """Where a name of a folder stands within single quotes as if it were the folder."""
    return re.sub(r"'(\$(?:STATE|MODELS|DATA)[^']*)'", r'"\1"', script)


def as_text(scripts: Sequence[ShownScript]) -> str:
    return "\n".join(f"# {each.title}\n{each.text}" for each in scripts)
