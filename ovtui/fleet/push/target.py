"""For which Python, architecture and C library a wheel is: tags of wheels, and what markers of requirements are
evaluated with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

LEAST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 14)
"""The versions that ovtui is made for; a newer one is taken where there is no other."""
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
"""By what `uname -m` says."""
_OLD_NAMES = {
    "x86_64": (("manylinux1", 5), ("manylinux2010", 12), ("manylinux2014", 17)),
    "aarch64": (("manylinux2014", 17),),
}
_LEAST_GLIBC = {"x86_64": 5, "aarch64": 17}
"""The minor version of the first manylinux of an architecture."""


@dataclass(frozen=True)
class Target:
    python: tuple[int, int]
    architecture: str
    """'x86_64', 'aarch64'."""
    glibc: tuple[int, int]

    @property
    def name(self) -> str:
        """'cp311-x86_64-glibc2.36', for folders."""
        return f"{self.interpreter}-{self.architecture}-glibc{self.glibc[0]}.{self.glibc[1]}"

    @property
    def text(self) -> str:
        """For sentences."""
        return f"Python {self.python_version}, {self.architecture}, glibc {self.glibc[0]}.{self.glibc[1]}"

    @property
    def interpreter(self) -> str:
        return f"cp{self.python[0]}{self.python[1]}"

    @property
    def python_version(self) -> str:
        return f"{self.python[0]}.{self.python[1]}"

    @cached_property
    def platforms(self) -> tuple[str, ...]:
        """Tags of platforms that run there, the newest first. pip has no idea which an older one includes."""
        least = _LEAST_GLIBC[self.architecture]
        found = [f"manylinux_2_{minor}_{self.architecture}" for minor in range(self.glibc[1], least - 1, -1)]
        old = [f"{name}_{self.architecture}" for name, minor in _OLD_NAMES[self.architecture] if minor <= self.glibc[1]]
        return (*found, *reversed(old), f"linux_{self.architecture}")

    @property
    def pip_options(self) -> list[str]:
        options = ["--implementation", "cp", "--python-version", self.python_version, "--abi", self.interpreter]
        return [*options, *(word for each in self.platforms for word in ("--platform", each))]

    @property
    def markers(self) -> dict[str, str]:
        """What differs from the machine that asks pip: pip evaluates markers for its own interpreter, whatever
        --platform and --python-version say, and would leave out what only the box needs."""
        return {
            "python_version": self.python_version,
            "python_full_version": f"{self.python_version}.0",
            "implementation_version": f"{self.python_version}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "platform_machine": self.architecture,
            "platform_system": "Linux",
            "sys_platform": "linux",
            "os_name": "posix",
        }

    def takes(self, file_name: str) -> bool:
        """Whether a wheel of this name runs there."""
        parts = wheel_parts(file_name)
        if parts is None:
            return False
        _, _, pythons, abis, platforms = parts
        on_it = any(each == "any" or each in self.platforms for each in platforms.split("."))
        return on_it and any(self._takes_abi(python, abi) for python in pythons.split(".") for abi in abis.split("."))

    def _takes_abi(self, python: str, abi: str) -> bool:
        if abi == self.interpreter:
            return python == self.interpreter
        kind, digits = python[:2], python[2:]
        if kind not in ("cp", "py") or not digits.isdecimal() or int(digits[0]) != self.python[0]:
            return False
        minor = int(digits[1:] or 0)
        if abi == "abi3":
            return kind == "cp" and minor <= self.python[1]
        if abi != "none":
            return False
        return minor <= self.python[1] if kind == "py" else python == self.interpreter


def wheel_parts(file_name: str) -> tuple[str, str, str, str, str] | None:
    """Name (as an index has it), version, Pythons, ABIs, platforms of a wheel; None for the name of anything else."""
    words = file_name.removesuffix(".whl").split("-")
    if not file_name.endswith(".whl") or len(words) not in (5, 6) or not all(words):
        return None
    name = words[0].replace("_", "-").replace(".", "-").lower()
    return name, words[1], words[-3], words[-2], words[-1]


def newest_of_each(file_names: list[str]) -> Iterator[str]:
    """Of each distribution the wheel with the highest version."""
    by_name: dict[str, list[tuple[tuple[int | str, ...], str]]] = {}
    for file_name in file_names:
        parts = wheel_parts(file_name)
        if parts is not None:
            by_name.setdefault(parts[0], []).append((_order(parts[1]), file_name))
    for found in by_name.values():
        yield max(found, key=lambda each: [(isinstance(part, int), part) for part in each[0]])[1]


def _order(version: str) -> tuple[int | str, ...]:
    """Numbers by value; a letter, as of a release candidate, is below every number and the end."""
    words = version.replace("+", ".").replace("a", ".a.").replace("b", ".b.").replace("rc", ".rc.").split(".")
    return (*(int(word) if word.isdecimal() else word for word in words if word), -1)
