"""The machine beside the model as rows: what each device and each process uses, what slows it down, what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.metrics import number_format
from ovtui.metrics.digest import Digest
from ovtui.metrics.energy.unreadable import closed_counters
from ovtui.metrics.handover.device_state import accelerator_kinds
from ovtui.metrics.queries.power import in_force_power
from ovtui.metrics.session.disturbances import Disturbance
from ovtui.metrics.session.machine_event_text import idle_text, who
from ovtui.records.events import Machine
from ovtui.records.machine_readings import MachineReading

NEVER_READ = "n/a"
"""In the place of a value that no reading of the session has held: there is no such sensor, or it cannot be read."""
THROTTLING_WARNING_PERCENT = 1.0
"""Percent of throttled scheduling periods from which a CPU quota shows in latencies."""


@dataclass(frozen=True, slots=True)
class MachineRow:
    """What is not known is None, and an empty text where the column does not apply."""

    name: str
    style: str
    busy: float | str | None = ""
    """Percent."""
    cores: float | str | None = ""
    mhz: float | str | None = ""
    temperature_c: float | str | None = ""
    memory_bytes: float | str | None = ""
    throttled: str = ""
    slowed: bool = False
    """It is throttled now."""
    watts: float | str | None = ""
    reading: str = ""
    """Whose last minute is drawn."""
    most: float = 100.0
    """The value of a full bar."""


def machine_rows(digest: Digest, now_ns: int) -> list[MachineRow]:
    """The most telling first."""
    now = digest.telemetry.now(now_ns) or MachineReading(t_ns=0)
    machine = digest.session_state.session.machine if digest.session_state.session is not None else None
    cores = cores_of(machine)
    total = machine.memory_bytes if machine is not None else None
    slowed = digest.session_state.disturbances.now
    known = digest.telemetry.by_name
    used = None if now.memory_available_bytes is None or total is None else total - now.memory_available_bytes

    def told(name: str) -> float | str | None:
        """The newest value; NEVER_READ where there was none in the session, None before the first reading and where
        it has grown old."""
        value: float | None = getattr(now, name)
        return NEVER_READ if value is None and digest.telemetry.newest is not None and known[name] is None else value

    rows = [
        MachineRow(
            "CPU", "$cpu", told("cpu_percent"),
            told("cpu_percent") if now.cpu_percent is None else now.cpu_percent / 100 * cores,
            told("cpu_mhz"), told("cpu_temperature_c"),
            told("memory_available_bytes") if used is None else used,
            *_throttled(slowed, "cpu", told("cpu_throttled_percent")), told("cpu_watts"), "cpu_percent",
        )
    ]  # fmt: skip
    kinds = accelerator_kinds(digest.session_state)
    if "GPU" in kinds or known["gpu_percent"] is not None or known["gpu_mhz"] is not None:
        share = told("gpu_throttled") if now.gpu_throttled is None else 100 * now.gpu_throttled
        watts = told("gpu_card_watts" if now.gpu_watts is None else "gpu_watts")
        rows.append(
            MachineRow("GPU", "$accelerator", told("gpu_percent"), "", told("gpu_mhz"), told("gpu_temperature_c"),
                       told("gpu_memory_bytes"), *_throttled(slowed, "gpu", share), watts, "gpu_percent")
        )  # fmt: skip
    if "NPU" in kinds or known["npu_percent"] is not None:
        rows.append(
            MachineRow("NPU", "$accelerator", told("npu_percent"), "", told("npu_mhz"), "", told("npu_memory_bytes"),
                       reading="npu_percent")
        )  # fmt: skip
    rows += [
        MachineRow("engine", "", cores=told("engine_cores"), memory_bytes=told("engine_rss_bytes"),
                   reading="engine_cores", most=cores),
        MachineRow("others", "", cores=told("other_cores"), reading="other_cores", most=cores),
        MachineRow("host", "", cores=told("host_cores"), memory_bytes=told("host_rss_bytes"), reading="host_cores",
                   most=cores),
    ]  # fmt: skip
    return rows


def cores_of(machine: Machine | None) -> int:
    """All of the machine's, also where the session may run on some only; of these where no more is known."""
    return 1 if machine is None else machine.machine_cores or machine.cores


def _throttled(slowed: Sequence[Disturbance], source: str, percent: float | str | None) -> tuple[str, bool]:
    """The reasons while it is throttled; else the share of the last second, or that there was none."""
    here = [span for span in slowed if span.kind == "throttle" and span.source == source]
    if here:
        return one_line(", ".join(here[-1].reasons)) or "yes", True
    if percent is None or isinstance(percent, str):
        return percent or number_format.UNKNOWN, False
    return (f"{percent:.0f} %", True) if percent >= 0.5 else ("no", False)


Line = tuple[str, str, bool]
"""A name, a text, and whether it is a warning."""


def machine_lines(digest: Digest, now_ns: int, idle_key: str = "") -> Iterator[Line]:
    """What has no columns: memory, quota, who else is there, power. The most telling first. `idle_key`: measures the
    idle machine; empty where nothing can be measured."""
    state, now = digest.session_state, digest.telemetry.now(now_ns) or MachineReading(t_ns=0)
    machine = state.session.machine if state.session is not None else None
    for span in state.disturbances.now:
        if span.kind == "other-load":
            share = f"{one_line(who(span, now=True))} {span.percent or 0:.0f} % of the cores"
            if now.other_cores is not None:
                all_percent = min(now.other_cores / cores_of(machine) * 100, 100.0)
                share += f"; {'all others together ' if span.name else ''}{all_percent:.0f} % now"
            yield "others", share, True
    if machine is not None:
        memory = f"{number_format.size(machine.memory_bytes)} in all"
        if now.memory_available_bytes is not None:
            left = number_format.size(now.memory_available_bytes)
            memory = f"{left} left of {number_format.size(machine.memory_bytes)}"
        if now.cgroup_memory_bytes is not None:
            limit = machine.memory_limit_bytes
            of = "" if limit is None else f" of {number_format.size(limit)}"
            memory += f"   cgroup uses {number_format.size(now.cgroup_memory_bytes)}{of}"
        yield "memory", memory, False
        if machine.quota_cores is None and now.throttled_percent is None:
            yield "quota", f"none: {number_format.quantity(machine.cores, 'core')}", False
        else:
            share = number_format.reading(now.throttled_percent)
            cores = number_format.quantity(machine.cores, "core")
            text = f"{number_format.reading(machine.quota_cores)} of {cores}"
            if machine.quota_cores is not None and machine.quota_cores > machine.cores:
                text = f"{number_format.reading(machine.quota_cores)} cores, more than the session's {cores}"
            slow = (now.throttled_percent or 0.0) >= THROTTLING_WARNING_PERCENT
            yield "quota", f"{text}, throttled in {share} % of its periods", slow
    yield from _power_lines(digest, idle_key)


def _power_lines(digest: Digest, idle_key: str) -> Iterator[Line]:
    """Watts and joules by source, the idle machine, and what makes an unreadable counter readable."""
    told = in_force_power(digest).lines
    disturbances = digest.session_state.disturbances
    segment = digest.session_state.segment
    of = f"   mean of segment {segment.segment}" if segment is not None else ""
    for number, text in enumerate(told):
        yield ("", text, False) if number else ("power", f"{text}{of}", False)
    if disturbances.idle is not None:
        yield "", one_line(idle_text(disturbances.idle)), False
    elif told and idle_key:
        yield "", f"idle: not measured; {idle_key} pauses the load for 5 s and measures it", False
    sources = disturbances.power.sources if disturbances.power is not None else []
    closed = [source for source in sources if not source.readable]
    if not told and not closed:
        yield "power", "n/a: nothing on this machine tells its watts", False
    name = "" if told else "power"
    for text, counters in closed_counters(closed):
        yield name, one_line(text), True
        name = ""
        # On lines of their own: a narrow panel cuts what is too long, and what is typed has to be whole.
        for command in dict.fromkeys(counter.command for counter in counters if counter.command):
            yield "", one_line(command), True
