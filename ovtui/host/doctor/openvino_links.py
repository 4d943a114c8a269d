"""OpenVINO's plugin for a kind of device, and one inference on it, as a child process has told."""

from __future__ import annotations

import re

from ovtui.host.doctor.findings import broken, fine, unknown, warning
from ovtui.host.doctor.known_texts import KnownText, known_text
from ovtui.host.doctor.probed import Probed
from ovtui.records.doctor import Finding, LinkName

_REINSTALL = "pip install --force-reinstall openvino"
_BUSY = "uptime"
_MOST_QUOTED = 400
"""Characters of a text of OpenVINO; a compiler's may have many thousand in a line."""


def plugin_link(kind: str, probed: Probed, *, present: bool, busy: str = "") -> Finding:
    """`present`: such a device is on the bus, so that the plugin ought to list it. `busy`: as for inference_link."""
    if not probed.asked:
        return unknown("plugin", "not asked")
    file = probed.step("plugin-file")
    where = file.target if file is not None else None
    if (failed := _never_got_there(probed, where)) is not None:
        return failed
    imported = probed.step("import")
    if imported is not None and imported.fine is False:
        return broken("plugin", "openvino-broken", "OpenVINO cannot be imported", None, _REINSTALL, imported.text)
    if file is not None and file.fine is False:
        return broken("plugin", "plugin-missing", f"OpenVINO has no plugin for a {kind}", where, _REINSTALL)
    devices = probed.step("devices")
    if probed.unfinished("devices") is not None:
        if probed.is_late and busy:
            text = f"{probed.fate}; the machine has {busy}: look again when it is idle"
            return warning("plugin", "slow", text, where, _BUSY)
        if probed.is_late:
            return broken("plugin", "driver-hangs", f"{probed.fate}", where, _command_of_hang(kind))
        text = f"the {kind}'s driver {probed.fate}"
        return broken("plugin", "driver-crashes", text, where, None, probed.last_words or None)
    if devices is None:
        return unknown("plugin", f"not told: {probed.fate}", where)
    if devices.fine is False:
        known = known_text(devices.text, kind)
        text = known.meaning if known else "the plugin gives no list of its devices"
        cause = known.cause if known else "plugin-failed"
        command = (known.command or _update(kind)) if known else _REINSTALL
        return broken("plugin", cause, text, where, command, telling_line(devices.text))
    if devices.values or kind == "CPU":
        named = probed.step("name")
        name = next(iter(named.values), "") if named is not None and named.fine else ""
        count = "" if len(devices.values) < 2 else f"{len(devices.values)} devices, "
        return fine("plugin", f"{count}{name or 'loaded'}", where)
    if not present:
        return unknown("plugin", f"lists no {kind}", where)
    return broken("plugin", "no-device", f"OpenVINO lists no {kind}", where, _update(kind), _why_none(probed))


def inference_link(kind: str, device: str, probed: Probed, busy: str = "") -> Finding:
    """`busy`: how busy the machine is, where it is: a device that compiles slowly then is not known to hang."""
    if not probed.asked:
        return unknown("inference", "not asked")
    devices = probed.step("devices")
    if devices is None or not devices.fine or not (devices.values or kind == "CPU"):
        return unknown("inference", f"there is no {device} to run on")
    for name in ("compile", "inference"):
        step = probed.step(name)
        if step is not None and step.fine is False:
            known = known_text(step.text, kind)
            what = "does not compile a tiny model" if name == "compile" else "does not run a tiny model"
            text = known.meaning if known else f"{device} {what}"
            cause = known.cause if known else f"{name}-failed"
            command = known.command if known else _update(kind)
            return broken("inference", cause, text, None, command, telling_line(step.text))
    if probed.step("inference") is not None:
        took = f" in {probed.answer.took_s:.1f} s" if probed.answer is not None else ""
        return fine("inference", f"one ran on {device} (start, compile and all{took})")
    if probed.is_late:
        if kind == "CPU" or busy:
            why = f"the machine has {busy}" if busy else "the machine is too slow or too busy for it"
            return warning("inference", "slow", f"{probed.fate}; {why}: look again when it is idle", None, _BUSY)
        return broken("inference", "driver-hangs", f"{probed.fate}", None, _command_of_hang(kind))
    if probed.unfinished("name", "versions", "compile", "inference") is not None:
        text = f"{probed.fate}" if kind == "CPU" else f"the {kind}'s driver {probed.fate}"
        return broken("inference", "driver-crashes", text, None, _update(kind), probed.last_words or None)
    return unknown("inference", f"not told: {probed.fate}")


def belongs_to_earlier_link(kind: str, probed: Probed) -> tuple[LinkName, KnownText, str] | None:
    """A text of the plugin or the inference that says for certain that an earlier link is broken, and its words."""
    for step in probed.steps:
        if step.fine is not False or not step.text:
            continue
        known = known_text(step.text, kind)
        if known is not None and not known.misleading and known.link not in ("plugin", "inference"):
            return known.link, known, telling_line(step.text)
    return None


def telling_line(text: str) -> str:
    """The line that a person knows the text by: OpenVINO begins with the places in its source that it was thrown in.
    Of a long one the part with what is known of it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines:
        known = next((found for kind in ("CPU", "GPU", "NPU") if (found := known_text(line, kind))), None)
        if known is not None:
            match = re.search(known.pattern, line, re.IGNORECASE)
            return _part_of(line, match.start() if match else 0)
    return _part_of(next((line for line in lines if not line.startswith("Exception from ")), next(iter(lines), "")), 0)


def _part_of(line: str, at: int) -> str:
    if len(line) <= _MOST_QUOTED:
        return line
    begin = max(0, min(at - _MOST_QUOTED // 4, len(line) - _MOST_QUOTED))
    end = begin + _MOST_QUOTED
    return f"{'...' if begin else ''}{line[begin:end]}{'...' if end < len(line) else ''}"


def _never_got_there(probed: Probed, where: str | None) -> Finding | None:
    """The child ended before it had OpenVINO."""
    if probed.step("import") is not None:
        return None
    if probed.is_late:
        text = probed.answer.words if probed.answer is not None else "no answer"
        return warning("plugin", "slow", f"{text} while importing OpenVINO; this machine is very busy", where, _BUSY)
    if probed.answer is not None and probed.answer.ending == "not-started":
        return broken("plugin", "no-process", f"the child {probed.ended_as}", None, "ulimit -a")
    text = f"importing OpenVINO: {probed.ended_as}"
    return broken("plugin", "openvino-broken", text, where, _REINSTALL, probed.last_words or None)


def _why_none(probed: Probed) -> str | None:
    step = next((each for each in probed.steps if each.fine is False and each.text), None)
    return telling_line(step.text) if step is not None else None


def _update(kind: str) -> str:
    return {
        "GPU": "sudo apt install --only-upgrade intel-opencl-icd",
        "NPU": "sudo apt install ./intel-fw-npu_*.deb ./intel-level-zero-npu_*.deb ./intel-driver-compiler-npu_*.deb",
    }.get(kind, _REINSTALL)


def _command_of_hang(kind: str) -> str:
    return "sudo dmesg | grep -iE 'i915|xe |hang' | tail" if kind == "GPU" else "sudo dmesg | grep -i vpu | tail"
