"""The memory that this process may still take, by the machine and by its cgroup, and what is said where infer requests
will not fit: the kernel would end the engine without a word."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import openvino as ov

_UNLIMITED = 1 << 60
"""cgroup v1 spells no limit as a number near 2^63."""


class Memory(NamedTuple):
    """In bytes."""

    free: int
    """What can be taken now without swapping; caches of files count as free."""
    most: int
    """What can be taken at all, swap included."""


def memory(root: Path = Path("/")) -> Memory | None:
    """The memory of this process, at its narrowest place; None where the machine does not tell."""
    lines = _numbers(root / "proc/meminfo", ":")
    try:
        free, most = lines["MemAvailable"] << 10, (lines["MemTotal"] + lines.get("SwapTotal", 0)) << 10
    except KeyError:
        return None
    for folder in _cgroups(root):
        limit = _number(folder / "memory.max") or _number(folder / "memory.limit_in_bytes")
        used = _number(folder / "memory.current") or _number(folder / "memory.usage_in_bytes")
        if limit is None or used is None or limit > _UNLIMITED:
            continue
        files = _numbers(folder / "memory.stat", " ").get("inactive_file", 0)
        free = min(free, max(0, limit - used + files))
        swap = _number(folder / "memory.swap.max")
        most = min(most, limit + (lines.get("SwapTotal", 0) << 10 if swap is None else swap))
    return Memory(free, most)


def peak_address_bytes(status: Path = Path("/proc/self/status")) -> int | None:
    """The most address space that this process has had (VmPeak); None where the system does not tell."""
    kib = _numbers(status, ":").get("VmPeak")
    return None if kib is None else kib << 10


def output_bytes(compiled: ov.CompiledModel) -> int:
    """What the outputs of one infer request take, as far as their shapes are known."""
    outputs = [port for port in compiled.outputs if port.partial_shape.is_static]
    return sum((math.prod(port.shape) * port.element_type.bitwidth + 7) // 8 for port in outputs)


def shortage(requests: int, there: int, inputs: int, outputs: int, found: Memory | None) -> tuple[str, bool]:
    """What is said where `requests` infer requests, of which some are there already, do not fit with so many bytes of
    inputs and outputs each, and whether that is certain: inputs are filled in at once, outputs when they are first
    used. Empty where they fit."""
    more, each = requests - there, inputs + outputs
    if found is None or more < 1 or more * each <= found.free:
        return "", False
    fitting = there + found.free // each
    remedy = f"--nireq {fitting} would fit" if fitting else "a smaller --shape or batch size may fit"
    many = f"{more:,} infer requests" if more > 1 else "an infer request"
    need, free = size_text(more * each), size_text(found.free)
    text = f"inputs and outputs of {many} take {need}, and {free} of memory are free; {remedy}"
    return text, more * inputs > found.most


def require(requests: int, there: int, inputs: int, compiled: ov.CompiledModel) -> str:
    """As `shortage`, of this process's memory; raises RuntimeError with the text where it is certain."""
    text, certain = shortage(requests, there, inputs, output_bytes(compiled), memory())
    if certain:
        raise RuntimeError(text)
    return text


def why_too_large(what: str, size: int, found: Memory | None) -> str:
    """A sentence where `size` bytes are more than this process can ever have; empty otherwise."""
    if found is None or size <= found.most:
        return ""
    return f"{what} takes {size_text(size)}, and this machine has {size_text(found.most)} of memory, swap included"


def _cgroups(root: Path) -> Iterator[Path]:
    """The folders of this process's memory controller (v2 or v1), its own first, and those above. In a container its
    own cgroup often is the root, while /proc has the path outside of the container."""
    base = root / "sys/fs/cgroup"
    unified = (base / "cgroup.controllers").exists()
    base = base if unified else base / "memory"
    own = base
    try:
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if (controllers == "" if unified else "memory" in controllers.split(",")) and (base / path[1:]).is_dir():
                own = base / path[1:]
    except (OSError, ValueError):
        pass
    yield own
    while own != base and base in own.parents:
        own = own.parent
        yield own


def _numbers(path: Path, separator: str) -> dict[str, int]:
    found = {}
    try:
        for line in path.read_text().splitlines():
            name, _, rest = line.partition(separator)
            words = rest.split()
            if words and words[0].isdigit():
                found[name.strip()] = int(words[0])
    except (OSError, ValueError):
        pass
    return found


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # "max" is no limit
        return None


def size_text(size: int) -> str:
    if size >= 1 << 60:
        return f"{size / (1 << 30):.1e} GiB"
    return f"{size / (1 << 30):,.1f} GiB" if size >= 1 << 30 else f"{size / (1 << 20):,.0f} MiB"
