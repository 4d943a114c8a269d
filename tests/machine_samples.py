"""Made-up readings of a machine on which the CPU stands in until the GPU takes over, and what befalls it meanwhile."""

from __future__ import annotations

from fake_source import SECOND, FakeSource

from ovtui.records.events import Event, OtherLoadBegan, OtherLoadEnded, ThrottleBegan, ThrottleEnded
from ovtui.records.machine_readings import MachineReading


class BusyMachine(FakeSource):
    """Reads the machine once a second, as a host does: the CPU at 88 % and the GPU at 3 % until the handover, then the
    CPU at 12 % and the GPU at 94 %. Without `tells_gpu` as with a driver that does not tell how busy it is."""

    tells_gpu = True
    _last_ns = -1

    def readings(self, now_ns: int) -> list[MachineReading]:
        newest_ns = now_ns // SECOND * SECOND
        found = []
        for t_ns in range(max(self._last_ns + SECOND, 0), newest_ns + 1, SECOND):
            found.append(machine_reading(t_ns, self.handover_ns, tells_gpu=self.tells_gpu))
            self._last_ns = t_ns
        return found


def machine_reading(t_ns: int, handover_ns: int | None, *, tells_gpu: bool = True) -> MachineReading:
    on_gpu = handover_ns is not None and t_ns > handover_ns
    wave = (t_ns // SECOND * 7) % 5
    return MachineReading(
        t_ns=t_ns,
        cpu_percent=(12.0 if on_gpu else 88.0) + wave,
        cpu_mhz=3100.0 if on_gpu else 2910.0,
        cpu_temperature_c=58.0 if on_gpu else 91.0,
        cpu_throttled_percent=0.0 if on_gpu else 12.5,
        other_cores=0.31,
        memory_available_bytes=9.8e9,
        engine_cores=0.52 if on_gpu else 6.81,
        engine_rss_bytes=1.24e9,
        host_cores=0.03,
        host_rss_bytes=45.1e6,
        gpu_mhz=2050.0 if on_gpu else 300.0,
        gpu_percent=(94.0 - wave if on_gpu else 3.0) if tells_gpu else None,
        gpu_memory_bytes=812e6 if tells_gpu else None,
        gpu_temperature_c=64.0,
        gpu_throttled=0.0,
        cpu_watts=14.2 if on_gpu else 28.4,
        gpu_watts=31.0 if on_gpu else 4.1,
        recording_bytes=65_536.0,
    )


def throttled(
    began_s: float, ended_s: float, *, source: str = "cpu", reasons: tuple[str, ...] = ("PL1",)
) -> list[Event]:
    began_ns, ended_ns = int(began_s * SECOND), int(ended_s * SECOND)
    return [
        ThrottleBegan(t_ns=began_ns, source=source, reasons=list(reasons)),
        ThrottleEnded(t_ns=ended_ns, source=source, since_ns=began_ns, reasons=list(reasons)),
    ]


def shared(began_s: float, ended_s: float, *, name: str = "chrome", pid: int = 4711) -> list[Event]:
    began_ns, ended_ns = int(began_s * SECOND), int(ended_s * SECOND)
    return [
        OtherLoadBegan(t_ns=began_ns, name=name, pid=pid, percent=38.0),
        OtherLoadEnded(t_ns=ended_ns, name=name, pid=pid, since_ns=began_ns, percent=38.0),
    ]
