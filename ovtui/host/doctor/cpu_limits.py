"""What the CPU can do, and what holds OpenVINO back on it: quota, cpuset, memory limit."""

from __future__ import annotations

from collections.abc import Iterator

from ovtui.host.doctor.findings import broken, fine, unknown, warning
from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.records.doctor import Finding

_X86 = {
    "avx2": "AVX2", "avx512f": "AVX-512", "avx_vnni": "AVX-VNNI", "avx512_vnni": "AVX-512 VNNI",
    "avx512_bf16": "AVX-512 BF16", "avx512_fp16": "AVX-512 FP16", "amx_tile": "AMX", "amx_int8": "AMX int8",
    "amx_bf16": "AMX bf16", "amx_fp16": "AMX fp16", "avx10_2": "AVX10.2",
}  # fmt: skip
_ARM = {
    "asimd": "NEON", "asimdhp": "FP16", "asimddp": "dot product", "i8mm": "int8 matrices", "bf16": "BF16", "sve": "SVE",
    "sve2": "SVE2", "sme": "SME",
}  # fmt: skip
_LITTLE_BYTES = 1 << 30
_GIB = 1 << 30
_MOST_CORES = 1 << 14
_BUSY = 1.5
"""Processes that want to run, for each core."""
_BASE = "/sys/fs/cgroup"


def features(tree: MachineTree) -> Finding:
    """By /proc/cpuinfo, of one core."""
    file = "/proc/cpuinfo"
    parts = (line.partition(":") for line in tree.lines(file))
    fields = {name.strip(): value for name, colon, value in parts if colon}
    flags, arm = set(fields.get("flags", "").split()), set(fields.get("Features", "").split())
    if arm:
        found = [name for flag, name in _ARM.items() if flag in arm]
        return fine("features", ", ".join(found) or "none that OpenVINO asks for", file)
    if not flags:
        return unknown("features", "not told", file)
    found = [name for flag, name in _X86.items() if flag in flags]
    if "sse4_2" not in flags:
        return broken("features", "no-sse4", "no SSE4.2, without which OpenVINO does not start", file)
    if "avx2" not in flags:
        virtual = "hypervisor" in flags
        command = "virsh edit DOMAIN   # <cpu mode='host-passthrough'/>" if virtual else None
        why = "; the virtual machine hides what the CPU has" if virtual else ""
        return warning("features", "no-avx2", f"no AVX2: inference is several times slower{why}", file, command)
    return fine("features", ", ".join(found), file)


def cpu_quota(tree: MachineTree, threads: int = 0) -> Finding:
    """The least quota of the chain of cgroups against the cores that OpenVINO makes threads for: it knows of none."""
    cores = allowed_cores(tree)
    quotas = list(cpu_quotas(tree))
    if not quotas and cores is None:
        return unknown("quota", "not told", _BASE)
    if not quotas:
        return fine("quota", f"no CPU quota; {_cores(cores)}", f"{_BASE}/cpu.max")
    quota, file = min(quotas)
    planned = threads or cores
    if planned is None or quota >= planned or planned == 1:
        return fine("quota", f"{quota:g} cores of CPU quota; {_cores(cores)}", file)
    text = f"a quota of {quota:g} cores, and OpenVINO makes threads for {planned}: the kernel stops them in turns"
    return warning("quota", "quota-below-threads", text, file, f"ovtui run --nthreads {max(int(quota), 1)}")


def cpuset(tree: MachineTree) -> Finding:
    file = "/proc/self/status"
    cores, present = allowed_cores(tree), count_of(tree.word("/sys/devices/system/cpu/online"))
    if cores is None:
        return unknown("cpuset", "not told", file)
    if present is None or cores >= present:
        return fine("cpuset", f"all {_cores(cores)}", file)
    text = f"this process may run on {cores} of {present} cores"
    return warning("cpuset", "cpuset", text, file, "taskset -pc $$")


def memory_limit(tree: MachineTree) -> Finding:
    total, free = meminfo_bytes(tree, "MemTotal"), meminfo_bytes(tree, "MemAvailable")
    limits = [(limit, file) for limit, file in memory_limits(tree) if total is None or limit < total]
    shown_free = "" if free is None else f"{free / _GIB:.1f} GiB available"
    if not limits and free is None:
        return unknown("memory", "not told", "/proc/meminfo")
    if not limits:
        if free is not None and free < _LITTLE_BYTES:
            text = f"no limit, and {shown_free}: a model may not fit"
            return warning("memory", "little-memory", text, "/proc/meminfo", "ps -eo rss,pid,comm --sort -rss | head")
        return fine("memory", f"no limit; {shown_free}", "/proc/meminfo")
    limit, file = min(limits)
    folder = file.rpartition("/")[0]
    used = _memory_used(tree, folder)
    left = limit - (used or 0)
    told = f"a limit of {limit / _GIB:.1f} GiB" + ("" if used is None else f", {used / _GIB:.1f} GiB of it in use")
    if left < _LITTLE_BYTES:
        text = f"{told}: the kernel kills whoever goes beyond it"
        counts = next((each for each in ("memory.events", "memory.failcnt") if tree.exists(f"{folder}/{each}")), "")
        return warning("memory", "memory-limit", text, file, f"cat {folder}/{counts or file.rpartition('/')[2]}")
    return fine("memory", told, file)


def allowed_cores(tree: MachineTree) -> int | None:
    """How many cores this process may run on: by its affinity, which a cpuset narrows."""
    return count_of(_allowed_list(tree))


def allowed_core_numbers(tree: MachineTree) -> list[int]:
    """Empty where it is not told."""
    if (count := allowed_cores(tree)) is None or count > _MOST_CORES:
        return []
    parts = (part.partition("-") for part in _allowed_list(tree).split(",") if part)
    return [core for first, _, last in parts for core in range(int(first), int(last or first) + 1)]


def _allowed_list(tree: MachineTree) -> str:
    lines = tree.lines("/proc/self/status")
    return next((each.partition(":")[2].strip() for each in lines if each.startswith("Cpus_allowed_list:")), "")


def why_busy(tree: MachineTree) -> str:
    """'9 processes that want to run on 2 cores' where so many do that what takes long may not hang; else empty."""
    words, cores = tree.word("/proc/loadavg").split(), allowed_cores(tree)
    try:
        wanting = max(round(float(words[0])), int(words[3].partition("/")[0]))
    except (IndexError, ValueError, OverflowError):
        return ""
    return f"{wanting} processes that want to run on {_cores(cores)}" if cores and wanting > _BUSY * cores else ""


def cpu_name(tree: MachineTree) -> str | None:
    for line in tree.lines("/proc/cpuinfo"):
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip() or None
    return None


def cgroup_folders(tree: MachineTree, controller: str) -> Iterator[str]:
    """The folders of this process's cgroup and of those above it, of cgroup v2 or of one of v1's controllers. In a
    container the path in /proc may be that outside of it: then there is the base alone."""
    unified = tree.exists(f"{_BASE}/cgroup.controllers")
    base, path = (_BASE if unified else f"{_BASE}/{controller}"), ""
    for line in tree.lines("/proc/self/cgroup"):
        parts = line.split(":", 2)
        if len(parts) == 3 and (parts[1] == "" if unified else controller in parts[1].split(",")):
            path = parts[2].strip("/")
    names = path.split("/") if path else []
    for depth in range(len(names), -1, -1):
        folder = "/".join((base, *names[:depth]))
        if tree.is_folder(folder):
            yield folder


def cpu_quotas(tree: MachineTree) -> Iterator[tuple[float, str]]:
    """In cores, with the file of each, of the chain of cgroups."""
    for folder in cgroup_folders(tree, "cpu"):
        words = tree.word(f"{folder}/cpu.max").split()
        file = f"{folder}/cpu.max"
        if not words:
            file = f"{folder}/cpu.cfs_quota_us"
            words = [tree.word(file), tree.word(f"{folder}/cpu.cfs_period_us")]
        quota, period = _number(words[0]), _number(words[1]) if len(words) > 1 else None
        if quota is not None and quota > 0 and period:
            yield quota / period, file


def memory_limits(tree: MachineTree) -> Iterator[tuple[int, str]]:
    for folder in cgroup_folders(tree, "memory"):
        for name in ("memory.max", "memory.high", "memory.limit_in_bytes"):
            limit = _number(tree.word(f"{folder}/{name}"))
            if limit is not None and 0 < limit < 1 << 60:
                yield limit, f"{folder}/{name}"


def _memory_used(tree: MachineTree, folder: str) -> int | None:
    """Without the files that the kernel keeps and would give up."""
    used = _number(tree.word(f"{folder}/memory.current"))
    if used is None:
        used = _number(tree.word(f"{folder}/memory.usage_in_bytes"))
    kept = 0
    for line in tree.lines(f"{folder}/memory.stat"):
        name, _, value = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file"):
            kept = _number(value) or 0
    return None if used is None else max(used - kept, 0)


def meminfo_bytes(tree: MachineTree, name: str) -> int | None:
    for line in tree.lines("/proc/meminfo"):
        if line.startswith(f"{name}:"):
            kib = _number(line.split()[1])
            return None if kib is None else kib * 1024
    return None


def _cores(cores: int | None) -> str:
    return "cores not told" if cores is None else "1 core" if cores == 1 else f"{cores} cores"


def count_of(ranges: str) -> int | None:
    """Of '0-3,8'."""
    try:
        pairs = [part.partition("-") for part in ranges.split(",") if part]
        return sum(int(last or first) - int(first) + 1 for first, _, last in pairs) or None
    except ValueError:
        return None


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None
