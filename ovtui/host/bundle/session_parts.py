"""The parts of a bundle that tell of one session: its recording, settings, result, events, log, readings, its model,
and the engine that does not answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from ovtui.host.bundle.asked_commands import ask_command
from ovtui.host.bundle.machine_parts import Tell, add_answer, add_command, file_bytes
from ovtui.host.bundle.parts import Parts, is_disk_full
from ovtui.host.bundle.session_facts import SessionFacts, facts_of_live, facts_of_recording, settings_of_recording
from ovtui.host.machine.machine_root import machine_root
from ovtui.host.machine.memory import Memory
from ovtui.host.machine.sensor_files import SensorTree
from ovtui.host.session_socket import SessionSocketError
from ovtui.metrics.number_format import run_length, size
from ovtui.records.events import EngineResumed, EngineStalled, Event, LogLine
from ovtui.records.export.machine_csv import readings_csv_lines
from ovtui.records.odd_names import each_text
from ovtui.records.session_file.excerpt import Excerpt, write_excerpt
from ovtui.records.session_file.opening import SessionFileError
from ovtui.settings.files.config_template import toml_value
from ovtui.settings.schema.settings import Settings, fields
from ovtui.settings.shown_text import encodable, shown

RECORDING = "recording.ovtui"
_INSPECT_LIMIT_S = 60.0
_STUCK_LIMIT_S = 60.0
_RESULT, _REPORT, _EVENTS = (
    "the figures, as of ovtui run --json",
    "the figures for a reader",
    "the event log, a line each",
)
_LOG, _MACHINE = "what OpenVINO and AUTO printed", "readings of the machine, one a second"
_SETTINGS, _INSPECT = "a preset that runs it again, and the command line", "what the model is and needs"


@dataclass(frozen=True, slots=True)
class Subject:
    """The session that a bundle tells of."""

    session: str = ""
    """The name of a live one; empty for a recording alone."""
    host_pid: int = 0
    silent: str = ""
    """Its host does not answer: a sentence."""
    recording: str = ""
    """A path; empty where nothing is recorded."""


def add_session_parts(parts: Parts, subject: Subject, limit_bytes: int, tell: Tell) -> SessionFacts | None:
    """What is known of the session; None where nothing can be read. Raises OSError where the disk is full."""
    facts, copied = None, None
    if subject.recording:
        tell("reading the recording")
        copied = _copy(parts, subject.recording, limit_bytes)
        facts = _facts_of(parts, subject.recording, copied)
        if facts is not None:
            with suppress(SessionFileError):
                facts.named_settings = settings_of_recording(subject.recording)
    elif subject.session and not subject.silent:
        parts.add_missing(RECORDING, "every request, event and reading", "the session is not recorded (--no-record)")
        tell("reading the session")
        with suppress(SessionSocketError):
            facts = facts_of_live(subject.session, parts.value)
    else:
        parts.add_missing(RECORDING, "every request, event and reading", "no recording of the session was found")
    if facts is not None:
        _add_figures(parts, facts)
        _add_settings(parts, subject, facts, tell)
    if subject.session and (subject.silent or (facts is not None and _stands_still(facts.events))):
        tell("asking: ovtui stuck")
        holds = "where the engine that does not answer hangs"
        add_command(parts, "stuck.json", ["stuck", subject.session, "--json"], holds, _STUCK_LIMIT_S)
    return facts


def recording_of(host_pid: int) -> str:
    """The recording that a host has open which cannot be asked; empty where it has none, or is not ours to look at."""
    with suppress(OSError):
        for link in Path(f"/proc/{host_pid}/fd").iterdir():
            path = str(link.readlink())
            if path.endswith(".ovtui") and Path(path).is_file():
                return path
    return ""


def _copy(parts: Parts, path: str, limit_bytes: int) -> Excerpt | None:
    holds = "every request, event and reading"
    try:
        made = write_excerpt(path, parts.folder / RECORDING, limit_bytes, parts.value)
    except SessionFileError as error:
        parts.add_missing(RECORDING, holds, str(error))
        return None
    except OSError as error:
        if is_disk_full(error):
            raise
        parts.add_missing(RECORDING, holds, str(error.strerror or error))
        return None
    remarks = []
    if made.left_out_rows:
        holds = "its last part: requests, events and readings; ovtui replay shows it"
        last = f"{run_length((made.until_ns - made.from_ns) / 1e9)}, " if made.from_ns is not None else ""
        remarks.append(f"cut to its last {last}{made.rows:,} requests; the {made.left_out_rows:,} before are left out")
    else:
        holds += "; ovtui replay shows it"
        if made.from_ns is not None:
            remarks.append("log lines and readings before its last part are left out")
    if made.live:
        remarks.append("copied while it was recorded")
    if made.damage:
        remarks.append(f"damaged: {made.damage}")
    if made.lost_events:
        remarks.append(f"{made.lost_events:,} events that cannot be read are left out")
    parts.add_file(RECORDING, holds, "; ".join(remarks))
    return made


def _facts_of(parts: Parts, path: str, copied: Excerpt | None) -> SessionFacts | None:
    """From the copy, which has no names, where that is whole; of a cut one the figures are of all that was recorded."""
    copy = str(parts.folder / RECORDING)
    try:
        if copied is None:
            return facts_of_recording(path, parts.value)
        if copied.left_out_rows:
            return facts_of_recording(path, parts.value, copy)
        return facts_of_recording(copy, lambda value: value)
    except SessionFileError as error:
        parts.add_missing("result.json", _RESULT, str(error))
        return None


def _add_figures(parts: Parts, facts: SessionFacts) -> None:
    from ovtui.metrics.report.markdown import render_markdown
    from ovtui.metrics.report.report import build_report
    from ovtui.metrics.result.build import build_result

    result = build_result(facts.digest)
    remark = facts.problem
    parts.attempt("result.json", _RESULT, lambda: parts.add_json("result.json", _RESULT, result, remark))
    report = render_markdown(build_report(result, facts.meta))
    parts.attempt("report.md", _REPORT, lambda: parts.add_text("report.md", _REPORT, report.splitlines(keepends=True)))
    parts.attempt(
        "events.jsonl",
        _EVENTS,
        lambda: parts.add_text("events.jsonl", _EVENTS, _event_lines(parts, facts.events), clean=True),
    )
    if any(isinstance(event, LogLine) for event in facts.events):
        parts.attempt("openvino.log", _LOG, lambda: parts.add_text("openvino.log", _LOG, _log_lines(facts.events)))
    else:
        parts.add_missing("openvino.log", _LOG, "they printed nothing")
    if facts.readings:
        parts.attempt(
            "machine.csv", _MACHINE, lambda: parts.add_text("machine.csv", _MACHINE, readings_csv_lines(facts.readings))
        )
    else:
        parts.add_missing("machine.csv", _MACHINE, "the session has no readings")


def _event_lines(parts: Parts, events: Sequence[Event]) -> Iterator[str]:
    for event in events:
        plain = parts.value(msgspec.to_builtins(event, str_keys=True))
        line = json.dumps(each_text(plain, encodable), separators=(",", ":"))  # in ASCII
        yield line.replace("\x7f", "\\u007f") + "\n"


def _log_lines(events: Sequence[Event]) -> Iterator[str]:
    """With the time on the session clock and the engine's number."""
    for event in events:
        if isinstance(event, LogLine):
            yield f"{event.t_ns / 1e9:12.6f} engine {event.engine}: {shown(event.text)}\n"


def _add_settings(parts: Parts, subject: Subject, facts: SessionFacts, tell: Tell) -> None:
    settings = facts.settings
    if settings is None:
        parts.add_missing("settings.toml", _SETTINGS, "the session's start is not in what could be read")
        parts.add_missing("inspect.json", _INSPECT, "the session's start is not in what could be read")
        return
    cleaned = parts.value(msgspec.to_builtins(settings, str_keys=True))
    first = facts.first_settings or settings
    command = parts.shown(facts.meta.get("command", ""))
    text = _toml(cleaned, settings, first, shown(command))
    parts.attempt("settings.toml", _SETTINGS, lambda: parts.add_text("settings.toml", _SETTINGS, text))
    tell("asking: ovtui inspect")
    named = facts.named_settings or settings
    folder = Path(f"/proc/{subject.host_pid}/cwd") if subject.host_pid else None
    folder = folder if folder is not None and folder.is_dir() else None
    if why := _too_large(named.model, folder):
        parts.add_missing("inspect.json", _INSPECT, why)
        return
    preset = parts.folder / "asked.toml"
    try:
        preset.write_text(_toml(msgspec.to_builtins(named, str_keys=True), named, named, ""), "utf-8")
        answer = ask_command(["inspect", "--preset", str(preset), "--json"], _INSPECT_LIMIT_S, folder)
    finally:
        preset.unlink(missing_ok=True)
    output = answer.output.replace(str(preset).encode(), b"./settings.toml")
    add_answer(parts, "inspect.json", _INSPECT, replace(answer, output=output))


def _too_large(model: str, folder: Path | None) -> str:
    """A model is read beside a session that runs: it must not take the memory that the session lives in."""
    path = (folder or Path()) / model
    size_bytes = sum(file_bytes(each) for each in (path, path.parent / f"{path.stem}.bin"))
    available = Memory(SensorTree(machine_root())).available_bytes()
    if available is None or size_bytes * 2 < available:
        return ""
    return f"the model takes {size(size_bytes)}, of memory there is {size(available)}: ovtui inspect reads it alone"


def _toml(values: dict[str, object], settings: Settings, first: Settings, command: str) -> str:
    """`values`: those of `settings`, freed of names. The settings that are not the defaults, each with its origin."""
    lines = ["# The settings in force at the end of the session: ovtui run --preset ./settings.toml"]
    lines += [f"# Command line: {command}"] if command else []
    lines += ['title = "of a bundle"', "", "[settings]"]
    properties: list[str] = []
    for field in fields().values():
        value, name = getattr(settings, field.name), field.name
        if value == field.default:
            continue
        origin = "changed while it ran" if getattr(first, name) != value else "from the start"
        told = values.get(name)
        if isinstance(told, dict):
            properties += ["", f"[settings.{name}]  # {origin}"]
            properties += [f"{_toml_text(str(key))} = {_toml_text(each)}" for key, each in told.items()]
        else:
            lines.append(f"{name} = {_toml_text(told)}  # {origin}")
    return "\n".join([*lines, *properties, ""])


def _toml_text(value: object) -> str:
    """With escapes for what a terminal would obey."""
    text = toml_value(encodable(value) if isinstance(value, str) else value)
    return "".join(c if shown(c) == c else f"\\U{ord(c):08x}" for c in text)


def _stands_still(events: Sequence[Event]) -> bool:
    told = [event for event in events if isinstance(event, (EngineStalled, EngineResumed))]
    return bool(told) and isinstance(told[-1], EngineStalled)
