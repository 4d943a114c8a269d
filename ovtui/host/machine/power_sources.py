"""What the machine's power can be read from: each counter, whether this process may read it, and if not the line that
makes it readable.

The kernel lets only root read RAPL since 5.10, because its fine steps told attackers what a processor computes. To open
it is the choice of the machine's owner: ovtui names the line, and never runs it."""

from __future__ import annotations

import functools
import os
import shlex
from pathlib import Path

from ovtui.host.machine.machine_reader import MachineReader
from ovtui.records.events import PowerSource, PowerSources
from ovtui.records.machine_events import MAKE_READABLE
from ovtui.settings.shown_text import shown

_LASTING_RAPL = (
    """echo 'SUBSYSTEM=="powercap", ACTION=="add", RUN+="/bin/chmod a+r /sys%p/energy_uj"'"""
    " | sudo tee /etc/udev/rules.d/60-rapl.rules"
)
MOST_COUNTERS = 64
"""A machine with 8 sockets has 24."""


def power_sources(reader: MachineReader, t_ns: int) -> PowerSources:
    """By the readings that the reader has taken."""
    found = [_source(zone.reading, zone.file.path, reader, _LASTING_RAPL) for zone in reader.rapl.zones]
    found += [_source(energy.reading, energy.file.path, reader) for gpu in reader.gpus.gpus for energy in gpu.energies]
    found += [_source("battery_watts", path, reader) for path in reader.batteries.paths]
    return PowerSources(t_ns=t_ns, sources=found[:MOST_COUNTERS])


def _source(name: str, path: str, reader: MachineReader, lasting: str = "") -> PowerSource:
    of_machine = _on_the_machine(path, str(reader.tree.root))
    why = reader.refused.get(path)
    if why is None:
        return PowerSource(name=name, path=of_machine, readable=True)
    return PowerSource(
        name=name,
        path=of_machine,
        readable=False,
        reason=f"this user may not read it ({shown(why)})",
        command=MAKE_READABLE + shlex.quote(of_machine),
        lasting=lasting,
    )


@functools.lru_cache(maxsize=4 * MOST_COUNTERS)
def _on_the_machine(path: str, root: str) -> str:
    """The path as it is there, also where a folder stands for its root."""
    return str(Path("/") / os.path.relpath(path, root))
