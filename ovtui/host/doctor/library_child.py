"""Loads a driver's library, asks a loader for its drivers, or opens device nodes, in a process that may crash or hang:
`python -m ovtui.host.doctor.library_child`, a Question as JSON on stdin, a line of JSON for each step on stdout."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

import msgspec

from ovtui.records.doctor_probe import Question, Step, StepName, print_step
from ovtui.records.odd_names import from_json

OPENCL, LEVEL_ZERO = "libOpenCL.so.1", "libze_loader.so.1"
_MAX_PLATFORMS = 64
_PLATFORM_NAME, _DEVICE_NAME, _DRIVER_VERSION = 0x0902, 0x102B, 0x102D
_CL_DEVICE_TYPE_ALL, _CL_DEVICE_TYPE_GPU = 0xFFFFFFFF, 4
_TEXT_BYTES = 1024


def main() -> None:
    question = from_json(msgspec.json.Decoder(Question), sys.stdin.buffer.read())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    fd = os.dup(1)
    os.dup2(2, 1)  # what a driver prints is no step
    for target in question.targets:
        match question.task:
            case "open":
                _told(fd, "open", target, lambda: _open(target))  # noqa: B023
            case "load":
                _told(fd, "load", target, lambda: _load(target))  # noqa: B023
            case "opencl":
                if _told(fd, "load", target, lambda: _load(target)):  # noqa: B023
                    platforms = _told(fd, "platforms", target, lambda: _opencl_platforms(target))  # noqa: B023
                    if platforms:
                        _told(fd, "versions", target, lambda: _opencl_versions(target))  # noqa: B023
            case "level-zero":
                if _told(fd, "load", target, lambda: _load(target)):  # noqa: B023
                    _told(fd, "platforms", target, lambda: _level_zero_drivers(target))  # noqa: B023
    sys.stderr.flush()
    os._exit(0)  # a driver's own end may hang


class _Failed(Exception):
    """The text is why."""


def _told(fd: int, name: StepName, target: str, work: Callable[[], list[str]]) -> bool:
    print_step(fd, Step(name=name, target=target))
    try:
        values = work()
    except (OSError, _Failed, AttributeError, ValueError) as error:  # ValueError: a name with a NUL
        text = (error.strerror if isinstance(error, OSError) else None) or str(error)
        values = [str(error.errno)] if isinstance(error, OSError) and error.errno else []
        print_step(fd, Step(name=name, target=target, fine=False, text=text, values=values))
        return False
    print_step(fd, Step(name=name, target=target, fine=True, values=values))
    return True


def _open(node: str) -> list[str]:
    os.close(os.open(node, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK))
    return []


def _load(library: str) -> list[str]:
    """The file that it was loaded from."""
    ctypes.CDLL(library)
    with open("/proc/self/maps", errors="surrogateescape") as maps:  # noqa: PTH123
        paths = {line.rstrip("\n").partition("/")[2] for line in maps if "/" in line}
    name = library.rpartition("/")[2].partition(".so")[0]
    return sorted(f"/{path}" for path in paths if path.rpartition("/")[2].startswith(name + ".so"))[:1]


def _opencl_platforms(library: str) -> list[str]:
    """'PLATFORM: DEVICE, DEVICE' for each. Raises _Failed with the code of clGetPlatformIDs."""
    cl = ctypes.CDLL(library)
    return [_platform(cl, platform) for platform in _platforms(cl)]


def _opencl_versions(library: str) -> list[str]:
    """'DEVICE: DRIVER VERSION' for each."""
    cl = ctypes.CDLL(library)
    devices = (device for platform in _platforms(cl) for device in _devices(cl, platform) or [])
    return [
        f"{_text(cl.clGetDeviceInfo, each, _DEVICE_NAME)}: {_text(cl.clGetDeviceInfo, each, _DRIVER_VERSION)}"
        for each in devices
    ]


def _platforms(cl: ctypes.CDLL) -> list[int | None]:
    count = ctypes.c_uint32()
    platforms = (ctypes.c_void_p * _MAX_PLATFORMS)()
    code = cl.clGetPlatformIDs(_MAX_PLATFORMS, platforms, ctypes.byref(count))
    if code:
        raise _Failed(f"clGetPlatformIDs error {code}")
    return [platforms[at] for at in range(min(count.value, _MAX_PLATFORMS))]


def _platform(cl: ctypes.CDLL, platform: int | None) -> str:
    name, devices = _text(cl.clGetPlatformInfo, platform, _PLATFORM_NAME), _devices(cl, platform)
    if devices is None:
        return f"{name}: no device"
    return f"{name}: {', '.join(_text(cl.clGetDeviceInfo, each, _DEVICE_NAME) for each in devices)}"


def _devices(cl: ctypes.CDLL, platform: int | None) -> list[int | None] | None:
    """None where the platform has none."""
    count = ctypes.c_uint32()
    devices = (ctypes.c_void_p * _MAX_PLATFORMS)()
    code = cl.clGetDeviceIDs(
        ctypes.c_void_p(platform), ctypes.c_uint64(_CL_DEVICE_TYPE_ALL), _MAX_PLATFORMS, devices, ctypes.byref(count)
    )
    return None if code else [devices[at] for at in range(min(count.value, _MAX_PLATFORMS))]


def _text(ask: Callable[..., int], handle: int | None, what: int) -> str:
    buffer = ctypes.create_string_buffer(_TEXT_BYTES)
    code = ask(ctypes.c_void_p(handle), ctypes.c_uint32(what), ctypes.c_size_t(_TEXT_BYTES), buffer, None)
    return buffer.value.decode(errors="replace").strip() if code == 0 else f"error {code}"


def _level_zero_drivers(library: str) -> list[str]:
    """One text for each driver. Raises _Failed with the loader's code."""
    ze = ctypes.CDLL(library)
    code = ze.zeInit(0) & 0xFFFFFFFF
    if code:
        raise _Failed(f"zeInit error 0x{code:x}")
    count = ctypes.c_uint32()
    code = ze.zeDriverGet(ctypes.byref(count), None) & 0xFFFFFFFF
    if code:
        raise _Failed(f"zeDriverGet error 0x{code:x}")
    return [f"driver {number + 1}" for number in range(count.value)]


if __name__ == "__main__":
    main()
