"""Machines of files: /sys and /proc of machines that the tests have not got, for OVTUI_MACHINE_ROOT.

Names and forms are those of the kernel's drivers (i915, xe, intel_vpu, intel_rapl, thermal_throttle, cgroup v1 and v2).
A reader that is given the folder as its root, or a program with the variable set, sees the machine."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from ovtui.host.machine.counters import Moment
from ovtui.host.machine.sensor_files import SensorTree

I915_REASONS = ("pl1", "pl2", "pl4", "thermal", "prochot", "ratl", "vr_thermalert", "vr_tdc")
"""Throttle reasons, of xe too."""
ENGINE = "engine"
"""Stands for the engines' process ids in a fake /proc."""
INTEGRATED, DISCRETE = "0000:00:02.0", "0000:03:00.0"
RAPL_RANGE_UJ = 262_143_328_850


class FakeClock:
    """The clock of a tree's counters, which the test moves."""

    def __init__(self) -> None:
        self.moment = Moment(5_000_000_000)

    def __call__(self) -> Moment:
        return self.moment

    def pass_s(self, seconds: float = 1.0, *, asleep_s: float = 0.0) -> None:
        self.moment = Moment(self.moment.at_ns + round(seconds * 1e9), self.moment.asleep_ns + round(asleep_s * 1e9))


class FakeMachine:
    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.clock = FakeClock()

    def tree(self) -> SensorTree:
        """For readers; time passes for them by `clock.pass_s()`."""
        return SensorTree(self.root, self.clock)

    def put(self, path: str, content: object) -> Path:
        """Writes a file; bytes as they are, all else as a line. No reader finds half of it; a refused one stays so."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        written = file.with_name(f".{file.name}.new")
        written.write_bytes(content if isinstance(content, bytes) else f"{content}\n".encode())
        written.chmod(file.stat().st_mode & 0o777 if file.is_file() else 0o644)
        written.replace(file)
        return file

    def remove(self, path: str) -> None:
        """A file, a link or a whole folder."""
        file = self.root / path
        if file.is_dir() and not file.is_symlink():
            shutil.rmtree(file)
        else:
            file.unlink()

    def refuse(self, path: str) -> Path:
        """Nobody may read the file: in a tree that is not this machine's, the mode says so even to root."""
        file = self.root / path
        file.chmod(0)
        return file

    def link(self, path: str, target: str) -> None:
        """`target` is a path from the root too."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.is_symlink():
            file.symlink_to(self.root / target)

    # The processor

    def cpu(self, core: int = 0, *, khz: int | None = None, package: int = 0) -> None:
        folder = f"sys/devices/system/cpu/cpu{core}"
        self.put(f"{folder}/topology/physical_package_id", package)
        if khz is not None:
            self.put(f"{folder}/cpufreq/scaling_cur_freq", khz)

    def cpu_throttle(
        self, core: int = 0, *, core_ms: int = 0, package_ms: int = 0, core_count: int = 0, package_count: int = 0
    ) -> None:
        folder = f"sys/devices/system/cpu/cpu{core}/thermal_throttle"
        for name, number in (
            ("core_throttle_count", core_count),
            ("core_throttle_total_time_ms", core_ms),
            ("package_throttle_count", package_count),
            ("package_throttle_total_time_ms", package_ms),
        ):
            self.put(f"{folder}/{name}", number)

    def cpu_temperature(self, celsius: float, *, hwmon: int = 1, driver: str = "coretemp") -> None:
        self.put(f"sys/class/hwmon/hwmon{hwmon}/name", driver)
        self.put(f"sys/class/hwmon/hwmon{hwmon}/temp1_input", round(celsius * 1000))

    def cpu_time(self, *, busy: int = 0, idle: int = 0, iowait: int = 0, irq: int = 0, steal: int = 0) -> None:
        """/proc/stat, in hundredths of a second over all cores; `busy` is user time."""
        self.put("proc/stat", f"cpu  {busy} 0 0 {idle} {iowait} {irq} 0 {steal} 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\nintr 1")

    def memory(self, *, total_kb: int = 16_000_000, available_kb: int = 8_000_000) -> None:
        self.put("proc/meminfo", f"MemTotal: {total_kb} kB\nMemFree: 1 kB\nMemAvailable:   {available_kb} kB")

    def rapl(
        self, zone: str = "intel-rapl:0", name: str = "package-0", energy_uj: int = 0, *, range_uj: int = RAPL_RANGE_UJ
    ) -> str:
        """Returns the path of the counter."""
        folder = f"sys/class/powercap/{zone}"
        self.put(f"{folder}/name", name)
        self.put(f"{folder}/max_energy_range_uj", range_uj)
        self.put(f"{folder}/energy_uj", energy_uj)
        return f"{folder}/energy_uj"

    def battery(self, *, number: int = 0, status: str = "Discharging", power_uw: int | None = 9_000_000) -> str:
        """Returns the path of its folder."""
        folder = f"sys/class/power_supply/BAT{number}"
        self.put(f"{folder}/type", "Battery")
        self.put(f"{folder}/status", status)
        if power_uw is not None:
            self.put(f"{folder}/power_now", power_uw)
        return folder

    # Quotas

    def cgroup_v2(self, path: str = "", *, of_this_process: bool = True, **files: object) -> str:
        """Files by name with `_` for `.`: `cpu_max="150000 100000"`. Returns the path of the folder."""
        self.put("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids")
        folder = f"sys/fs/cgroup/{path}".rstrip("/")
        if of_this_process:
            self.put("proc/self/cgroup", f"0::/{path}")
        for name, content in {"cpu_stat": "usage_usec 5", **files}.items():
            self.put(f"{folder}/{name.replace('_', '.', 1)}", content)
        return folder

    def cgroup_v1(self, path: str = "", *, cpu: Mapping[str, object], memory: Mapping[str, object]) -> None:
        """Files of the two controllers by name."""
        self.put("proc/self/cgroup", f"5:memory:/{path}\n4:cpu,cpuacct:/{path}\n0::/")
        for controller, files in (("cpu", cpu), ("memory", memory)):
            for name, content in files.items():
                self.put("/".join(part for part in ("sys/fs/cgroup", controller, path, name) if part), content)

    # GPUs

    def gpu(self, driver: str, *, card: int = 0, pdev: str = INTEGRATED, vendor: str = "0x8086") -> str:
        """A card without any reading. Returns the path of its PCI device."""
        device = f"sys/devices/pci0000:00/{pdev}"
        self.put(f"{device}/vendor", vendor)
        self.put(f"{device}/uevent", f"DRIVER={driver}\nPCI_CLASS=30000\nPCI_SLOT_NAME={pdev}")
        self.put(f"{device}/power/runtime_status", "active")
        (self.root / f"{device}/drm/card{card}").mkdir(parents=True, exist_ok=True)
        self.link(f"{device}/drm/card{card}/device", device)
        self.link(f"sys/class/drm/card{card}", f"{device}/drm/card{card}")
        return device

    def i915(self, *, card: int = 0, pdev: str = INTEGRATED, mhz: int = 1300, tiles: int = 1) -> str:
        """As an integrated GPU has it; `gpu_hwmon` adds what a discrete one has."""
        device = self.gpu("i915", card=card, pdev=pdev)
        self.put(f"{device}/drm/card{card}/gt_act_freq_mhz", mhz)
        for tile in range(tiles):
            gt = f"{device}/drm/card{card}/gt/gt{tile}"
            self.put(f"{gt}/rps_act_freq_mhz", mhz)
            self.put(f"{gt}/throttle_reason_status", 0)
            for reason in I915_REASONS:
                self.put(f"{gt}/throttle_reason_{reason}", 0)
        return device

    def xe(self, *, card: int = 0, pdev: str = DISCRETE, mhz: int = 2050, tiles: int = 1) -> str:
        device = self.gpu("xe", card=card, pdev=pdev)
        for tile in range(tiles):
            freq = f"{device}/tile{tile}/gt{tile}/freq0"
            self.put(f"{freq}/act_freq", mhz)
            self.put(f"{freq}/throttle/status", 0)
            for reason in I915_REASONS:
                self.put(f"{freq}/throttle/reason_{reason}", 0)
        return device

    def gpu_throttles(self, device: str, *reasons: str, tile: int = 0) -> None:
        """What the driver names from now on; nothing without a reason."""
        throttle = self.root / f"{device}/tile{tile}/gt{tile}/freq0/throttle"
        cards = sorted((self.root / device / "drm").glob("card*"))
        folder, status, prefix = (
            (throttle, "status", "reason_")
            if throttle.is_dir()
            else (cards[0] / f"gt/gt{tile}", "throttle_reason_status", "throttle_reason_")
        )
        for reason in I915_REASONS:
            (folder / f"{prefix}{reason}").write_text(f"{int(reason in reasons)}\n")
        (folder / status).write_text(f"{int(bool(reasons))}\n")

    def gpu_hwmon(
        self,
        device: str,
        *,
        number: int = 4,
        name: str = "xe",
        energy_uj: Mapping[str, int] | int | None = None,
        celsius: Mapping[str, float] | float | None = None,
    ) -> str:
        """Sensors by label, in the driver's order (`{"card": 1, "pkg": 2}` are energy1 and energy2), or one without a
        label. Returns the path of the folder."""
        folder = f"{device}/hwmon/hwmon{number}"
        self.put(f"{folder}/name", name)
        for kind, first, values, scale in (("energy", 1, energy_uj, 1), ("temp", 2, celsius, 1000)):
            if isinstance(values, Mapping):
                for place, (label, value) in enumerate(values.items(), first):
                    self.put(f"{folder}/{kind}{place}_label", label)
                    self.put(f"{folder}/{kind}{place}_input", round(value * scale))
            elif values is not None:
                self.put(f"{folder}/{kind}1_input", round(values * scale))
        return folder

    def gpu_suspends(self, device: str, *, suspended: bool = True) -> None:
        self.put(f"{device}/power/runtime_status", "suspended" if suspended else "active")

    def gpu_client(
        self,
        driver: str,
        *,
        process: str | int = ENGINE,
        fd: int = 9,
        client: int = 7,
        pdev: str = DISCRETE,
        busy: Mapping[str, int],
        total: int = 0,
        capacity: Mapping[str, int] | None = None,
        memory: Mapping[str, str] | None = None,
    ) -> str:
        """A file of /proc/PID/fdinfo: `busy` by engine class, ns for i915 and cycles, of `total`, for xe; `memory` as
        in the file, by key: `{"drm-resident-vram0": "23992 KiB"}`. Returns its path."""
        lines = ["pos:\t0", "flags:\t02100002", "mnt_id:\t27", "ino:\t740", f"drm-driver:\t{driver}"]
        lines += [f"drm-client-id:\t{client}", f"drm-pdev:\t{pdev}"]
        lines += [f"{key}:\t{text}" for key, text in (memory or {}).items()]
        for name, count in busy.items():
            if driver == "xe":
                lines += [f"drm-cycles-{name}:\t{count}", f"drm-total-cycles-{name}:\t{total}"]
            else:
                lines.append(f"drm-engine-{name}:\t{count} ns")
            if capacity and name in capacity:
                lines.append(f"drm-engine-capacity-{name}:\t{capacity[name]}")
        self.link(f"proc/{process}/fd/{fd}", "dev/dri/renderD128")
        self.put(f"proc/{process}/fdinfo/{fd}", "\n".join(lines))
        return f"proc/{process}/fdinfo/{fd}"

    def npu(self, *, number: int = 0, busy_us: int = 0, memory_bytes: int | None = None, mhz: int | None = None) -> str:
        """Returns the path of its PCI device."""
        device = "sys/devices/pci0000:00/0000:00:0b.0"
        self.put(f"{device}/uevent", "DRIVER=intel_vpu\nPCI_SLOT_NAME=0000:00:0b.0")
        self.put(f"{device}/npu_busy_time_us", busy_us)
        if memory_bytes is not None:
            self.put(f"{device}/npu_memory_utilization", memory_bytes)
        if mhz is not None:
            self.put(f"{device}/npu_current_frequency_mhz", mhz)
            self.put(f"{device}/npu_max_frequency_mhz", 1400)
        self.link(f"sys/class/accel/accel{number}/device", device)
        return device


def laptop(root: Path) -> FakeMachine:
    """A notebook with all that can be read: an integrated and a discrete GPU, an NPU, RAPL, a battery, a quota."""
    box = FakeMachine(root)
    for core in range(8):
        box.cpu(core, khz=2_400_000)
        box.cpu_throttle(core)
    box.cpu_temperature(61.0)
    box.cpu_time()
    box.memory()
    box.rapl()
    box.rapl("intel-rapl:0:0", "core")
    box.rapl("intel-rapl:0:1", "dram")
    box.rapl("intel-rapl:1", "psys")
    box.rapl("intel-rapl-mmio:0")
    box.battery()
    box.cgroup_v2(
        "box.slice",
        cpu_max="400000 100000",
        cpu_stat="usage_usec 5\nnr_periods 10\nnr_throttled 0",
        memory_current=500_000_000,
        memory_max="max",
    )
    box.i915(card=1)
    device = box.xe(card=0, tiles=2)
    box.gpu_hwmon(device, energy_uj={"card": 0, "pkg": 0}, celsius={"pkg": 55.0, "vram": 60.0})
    box.gpu_client("xe", busy={"rcs": 0, "ccs": 0}, memory={"drm-resident-vram0": "1048576 KiB"})
    box.npu(memory_bytes=1 << 20, mhz=1400)
    return box
