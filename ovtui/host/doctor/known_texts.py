"""Texts of OpenVINO and its drivers that people meet, what they mean, and what to type: the one table of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ovtui.records.doctor import LinkName


@dataclass(frozen=True, slots=True)
class KnownText:
    pattern: str
    """A regular expression, looked for without regard to case."""
    kinds: tuple[str, ...]
    link: LinkName
    """The link that is broken where this text stands."""
    cause: str
    meaning: str
    command: str | None = None
    misleading: bool = False
    """It says nothing certain: another text of the same child, or an earlier link, explains it."""


KNOWN_TEXTS: tuple[KnownText, ...] = (
    KnownText(
        r"libOpenCL\.so\.1: cannot open shared object", ("GPU",), "loader", "loader-missing",
        "the OpenCL loader is missing", "sudo apt install ocl-icd-libopencl1",
    ),
    KnownText(
        r"clGetPlatformIDs error.*-1001", ("GPU",), "driver", "no-driver",
        "the OpenCL loader has no driver that works here", "sudo apt install intel-opencl-icd",
    ),
    KnownText(
        r"Context was not initialized for", ("GPU",), "inference", "driver-context",
        "the GPU's driver gives no context: it does not fit the kernel or the GPU; install the newest one",
        "sudo apt install --only-upgrade intel-opencl-icd",
    ),
    KnownText(
        r"CL_OUT_OF_RESOURCES|clFlush, error code: -5|CL_MEM_OBJECT_ALLOCATION_FAILURE|CL_OUT_OF_HOST_MEMORY",
        ("GPU",), "inference", "device-memory",
        "the GPU ran out of memory, or a kernel ran too long and was ended; the error may be of an earlier request",
        "ps -eo rss,pid,comm --sort -rss | head",
    ),
    KnownText(
        r"no supported devices found", ("GPU",), "plugin", "no-device",
        "OpenCL shows OpenVINO no GPU: no driver for it, no node, or not in its group", misleading=True,
    ),
    KnownText(
        r"UNSUPPORTED_VERSION|0x78000002|NOT compatible with the ELF", ("NPU",), "inference",
        "firmware-against-compiler", "the NPU's firmware is older than the compiler: update its driver and firmware",
        "sudo apt install ./intel-fw-npu_*.deb ./intel-level-zero-npu_*.deb ./intel-driver-compiler-npu_*.deb",
    ),
    KnownText(
        r"Failed to open file '?/dev/accel/accel\d+'?:? *Permission denied", ("NPU",), "groups", "not-in-group",
        "the node may not be opened; after the command log in anew", "sudo usermod -aG render $USER",
    ),
    KnownText(
        r"libze_loader\.so\.1: cannot open shared object", ("NPU",), "loader", "loader-missing",
        "the level-zero loader is missing", "sudo apt install libze1",
    ),
    KnownText(
        r"DEVICE_LOST|0x70000001", ("GPU", "NPU"), "inference", "device-lost",
        "the device was reset or has hung: the kernel's log says why", "sudo dmesg | grep -iE 'hang|reset|vpu' | tail",
    ),
    KnownText(
        r"OUT_OF_DEVICE_MEMORY|0x70000003", ("GPU", "NPU"), "inference", "device-memory",
        "the device has no memory left", "ps -eo rss,pid,comm --sort -rss | head",
    ),
    KnownText(
        r"zeInit error 0x78000001", ("NPU",), "driver", "no-driver",
        "the level-zero loader finds no driver that works here", "sudo apt install ./intel-level-zero-npu_*.deb",
    ),
    KnownText(
        r"No available backend|No NPU devices were found|No available devices|backend is not found",
        ("NPU",), "plugin", "no-device", "OpenVINO finds no NPU through level-zero: its driver or firmware",
        misleading=True,
    ),
    KnownText(
        r"Unsupported configuration key: *FULL_DEVICE_NAME", ("NPU",), "plugin", "no-device",
        "OpenVINO has no backend for an NPU here", misleading=True,
    ),
    KnownText(
        r"VCL compiler loading failed|intel_npu_compiler_loader", ("NPU",), "plugin", "no-device",
        "OpenVINO finds no NPU; the text is misleading, that library belongs in no wheel", misleading=True,
    ),
    KnownText(
        r"Device with .* name is not registered", ("CPU", "GPU", "NPU"), "plugin", "plugin-missing",
        "OpenVINO has no plugin of this name (names are in upper case)", "pip install --force-reinstall openvino",
    ),
    KnownText(
        r"undefined symbol|version `\w+_[\d.]+' not found|wrong ELF class", ("CPU", "GPU", "NPU"), "plugin",
        "library-mismatch", "a library does not fit this system or this OpenVINO",
        "pip install --force-reinstall openvino",
    ),
)  # fmt: skip


def known_text(text: str, kind: str) -> KnownText | None:
    """The first entry of the table that the text has, for a device of this kind."""
    return next(
        (each for each in KNOWN_TEXTS if kind in each.kinds and re.search(each.pattern, text, re.IGNORECASE)), None
    )
