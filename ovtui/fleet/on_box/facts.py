"""What a box is: the doctor's report of it, and its facts out of that."""

from __future__ import annotations

import msgspec

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.on_box.asking import ask_json
from ovtui.fleet.reach.line import Line
from ovtui.records.doctor import DoctorReport, from_json
from ovtui.records.fleet import UNKNOWN_KIND, BoxFacts
from ovtui.settings.shown_text import shown_within

DOCTOR_WORDS = ("doctor", "--json")
SILENCE_S = 20.0
"""The doctor says nothing while it works, for 5 s at most by its own limit; the rest is for the start of a program on a
machine that is slow or busy. Whether the line lives is seen meanwhile."""
_MOST_FACTS, _MOST_CHARS, _MOST_KIND_CHARS = 100, 300, 120


async def ask_facts(line: Line, box: Box, *, silence_s: float = SILENCE_S) -> BoxFacts:
    """Raises BoxError."""
    return facts_of(await ask_report(line, box, silence_s=silence_s), box)


async def ask_report(line: Line, box: Box, *, silence_s: float = SILENCE_S) -> DoctorReport:
    """`ovtui doctor` of the box, which may be in bad health. Raises BoxError."""
    printed = await ask_json(line, box, DOCTOR_WORDS, silence_s=silence_s, statuses=(0, 1))
    try:
        return from_json(printed)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        text = "its ovtui doctor gave no report that this ovtui reads; ovtui fleet push brings this version"
        raise BoxError("old-ovtui", text) from None


def facts_of(report: DoctorReport, box: Box) -> BoxFacts:
    """Cleaned and capped: a box may say anything. An ovtui that tells no kind has that of its processor; the
    inventory's own (ovtui_kind) wins."""
    processor = next((chain.name for chain in report.chains if chain.kind == "CPU" and chain.name), "")
    kind = box.kind or report.kind or processor or UNKNOWN_KIND
    told = list(report.facts.items())[:_MOST_FACTS] or [
        ("cpu", processor), ("openvino", report.openvino or ""), ("ovtui", report.ovtui),
    ]  # fmt: skip
    facts = {shown_within(name, 40): shown_within(text, _MOST_CHARS) for name, text in told if text}
    return BoxFacts(kind=shown_within(kind, _MOST_KIND_CHARS), facts=facts)
