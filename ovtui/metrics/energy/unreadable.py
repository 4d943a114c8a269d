"""The machine's counters of power that cannot be read: why, and the line that makes them readable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ovtui.metrics.energy.source_names import SOURCE_NAMES
from ovtui.records.machine_events import MAKE_READABLE, PowerSource, PowerSources

TO_TYPE = "; to make it readable: "
"""Before the line to type."""
TO_OPEN = "; to open the counters: "
"""The same where it is told why there are no watts at all."""


def closed_counters(counters: Sequence[PowerSource]) -> Iterator[tuple[str, list[PowerSource]]]:
    """For each reason why counters cannot be read: which they are and why ('DRAM: this user may not read it'), and the
    counters."""
    for reason in dict.fromkeys(counter.reason for counter in counters if not counter.readable):
        closed = [counter for counter in counters if not counter.readable and counter.reason == reason]
        names = ", ".join(dict.fromkeys(SOURCE_NAMES.get(counter.name, counter.name) for counter in closed))
        yield f"{names}: {reason}", closed


def unreadable_texts(counters: Sequence[PowerSource]) -> list[str]:
    """One sentence for each reason why counters cannot be read, with the line that makes them readable."""
    texts = []
    for text, closed in closed_counters(counters):
        command = readable_command(closed)
        texts.append(text + (f"{TO_TYPE}{command}" if command else ""))
    return texts


def readable_command(counters: Sequence[PowerSource]) -> str:
    """The line that makes them all readable: that of the only one, or one for all their paths."""
    commands = list(dict.fromkeys(counter.command for counter in counters if counter.command))
    if len(commands) < 2:
        return "".join(commands)
    paths = [command.removeprefix(MAKE_READABLE) for command in commands if command.startswith(MAKE_READABLE)]
    return MAKE_READABLE + " ".join(paths) if len(paths) == len(commands) else "; ".join(commands)


def why_no_watts(known: PowerSources | None) -> str:
    """Why nothing tells the watts, as a sentence with the line to type; empty where something does, or nothing is known
    yet."""
    if known is None or any(source.readable for source in known.sources):
        return ""
    if not known.sources:
        return "no watts can be read: this machine has neither RAPL nor a GPU's counter nor a battery"
    command = readable_command(known.sources)
    return f"no watts can be read{TO_OPEN}{command}" if command else "no watts can be read"
