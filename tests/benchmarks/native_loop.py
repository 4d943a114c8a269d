"""Builds closed_loop.cpp against the headers and libraries of OpenVINO's wheel, and runs it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import openvino as ov

SOURCE = Path(__file__).with_name("closed_loop.cpp")
LIMIT_S = 60.0
"""Beyond the measured seconds: compiling a model on a GPU takes its time."""


class CannotBuild(Exception):
    """The reason, one line."""


class NativeFigures(NamedTuple):
    throughput: float
    """Requests a second."""
    alone_us: float
    """Median time of a request that runs alone."""


class NativeLoop:
    def __init__(self, folder: Path) -> None:
        """Builds the program in `folder`. Raises CannotBuild."""
        self._program = folder / "closed_loop"
        compiler = shutil.which("g++")
        if compiler is None:
            raise CannotBuild("there is no g++")
        wheel = Path(ov.__file__).parent
        include, libraries = wheel / "include", wheel / "libs"
        found = sorted(libraries.glob("libopenvino.so*"))
        if not found or not (include / "openvino" / "openvino.hpp").exists():
            raise CannotBuild("this OpenVINO has no headers or libraries")
        # The wheel's symbols are of the new ABI (std::__cxx11), the compiler's default on the systems it runs on.
        command = [
            compiler, "-O2", "-std=c++17", "-D_GLIBCXX_USE_CXX11_ABI=1", "-pthread", f"-I{include}", str(SOURCE),
            str(found[0]), f"-Wl,-rpath,{libraries}", f"-Wl,-rpath-link,{libraries}", "-o", str(self._program),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotBuild(f"g++: {done.stderr.strip().splitlines()[-1:]}")

    def run(self, model: Path, device: str, hint: str, nireq: int, seconds: float) -> NativeFigures:
        """Raises RuntimeError where it fails, subprocess.TimeoutExpired where it hangs."""
        command = [str(self._program), str(model), device, hint, str(nireq), str(seconds)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + LIMIT_S)
        if done.returncode:
            raise RuntimeError(f"closed_loop ends with {done.returncode}: {done.stderr.strip()[-300:]}")
        throughput, alone_us = map(float, done.stdout.split()[-2:])
        return NativeFigures(throughput, alone_us)
