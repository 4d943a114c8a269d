"""The OpenCL loader and the drivers that it is told of, without which OpenVINO's GPU plugin finds no GPU."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ovtui.host.doctor.findings import broken, fine, install, unknown, warning
from ovtui.host.doctor.known_texts import known_text
from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.host.doctor.pci import NVIDIA, PciDevice
from ovtui.host.doctor.probed import Probed
from ovtui.records.doctor import Finding

LOADER = "libOpenCL.so.1"
VENDORS = "/etc/OpenCL/vendors"
_INTEL_LIBRARY = "libigdrcl"
_OTHER_DRIVERS = {NVIDIA: "nvidia-opencl-icd"}
_DEPENDENCY = re.compile(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file")
_PACKAGES = {
    "libigdgmm": "libigdgmm12",
    "libigc": "libigc2",
    "libigdfcl": "libigdfcl2",
    "libopencl-clang": "libigdfcl2",
}


@dataclass(frozen=True, slots=True)
class Icd:
    """A driver that the loader is told of."""

    file: str
    """The .icd file; the variable for one that it names."""
    library: str

    @property
    def probe(self) -> str:
        """The name of the child that loads it; a variable may name several."""
        return f"icd:{self.file if self.file.startswith('/') else self.library}"


def find_icds(tree: MachineTree, environ: Mapping[str, str]) -> tuple[list[Icd], str]:
    """The drivers, and where they were looked for: OCL_ICD_FILENAMES and OCL_ICD_VENDORS as the loaders take them."""
    named = environ.get("OCL_ICD_FILENAMES", "")
    icds = [Icd("OCL_ICD_FILENAMES", library) for library in named.split(":") if library]
    where = environ.get("OCL_ICD_VENDORS", "") or VENDORS
    files = [where] if where.endswith(".icd") else [f"{where.rstrip('/')}/{each}" for each in tree.names(where)]
    for file in files:
        library = next((line.strip() for line in tree.lines(file) if line.strip()), "")
        if file.endswith(".icd") and library:
            icds.append(Icd(file, library))
    unique: dict[str, Icd] = {}
    for icd in icds:
        unique.setdefault(icd.library, icd)
    return list(unique.values()), where


def loader_link(tree: MachineTree, probed: Probed, environ: Mapping[str, str]) -> Finding:
    command = install(tree, "ocl-icd-libopencl1", "ocl-icd", "ocl-icd")
    step = probed.step("load", LOADER)
    if step is not None and step.fine:
        return fine("loader", LOADER, next(iter(step.values), LOADER))
    if step is not None:
        missing = f"{LOADER}: cannot open" in step.text
        text = f"{LOADER} is missing" if missing else f"{LOADER} cannot be loaded"
        cause = "loader-missing" if missing else "loader-broken"
        return broken("loader", cause, text, LOADER, command, None if missing else step.text)
    if probed.unfinished("load") is not None:
        return broken("loader", "loader-crashes", f"{LOADER} {probed.fate}", LOADER, command)
    found = tree.library(LOADER, tuple(environ.get("LD_LIBRARY_PATH", "").split(":")))
    if found:
        return fine("loader", LOADER, found)
    return broken("loader", "loader-missing", f"{LOADER} is missing", LOADER, command)


def driver_link(
    tree: MachineTree,
    device: PciDevice | None,
    environ: Mapping[str, str],
    loader: Probed,
    icds: Mapping[str, Probed],
    busy: str = "",
) -> Finding:
    """`icds`: the children that loaded each driver's library, by Icd.probe. `busy`: how busy the machine is."""
    found, where = find_icds(tree, environ)
    package = "intel-opencl-icd"
    if device is not None and device.needs_legacy_driver:
        package = "intel-opencl-icd-legacy1"
    get_driver = install(tree, package, "intel-compute-runtime", "intel-compute-runtime")
    if device is not None and not device.is_intel:
        get_driver = install(tree, _OTHER_DRIVERS.get(device.vendor, "mesa-opencl-icd"))
    for icd in found:
        if (failed := _dead(icd, icds.get(icd.probe, Probed()), loader)) is not None:
            return failed
    wanted = [icd for icd in found if device is None or not device.is_intel or _INTEL_LIBRARY in icd.library]
    if not wanted:
        others = ", ".join(icd.file.rpartition("/")[2] for icd in found)
        maker = device.maker if device is not None else "Intel"
        text = f"no OpenCL driver for a GPU of {maker}{f' (only {others})' if others else ''}"
        if passed_over := _installed_all_the_same(tree, environ, where):
            text = f"OCL_ICD_VENDORS turns the loader from {passed_over} to {where}, where no driver for this GPU is"
            return broken("driver", "driver-passed-over", text, where, "unset OCL_ICD_VENDORS")
        return broken("driver", "no-driver", text, where, get_driver)
    for icd in wanted:
        if (failed := _cannot_be_loaded(tree, icd, icds.get(icd.probe, Probed()), environ, get_driver)) is not None:
            return failed
    names = ", ".join(dict.fromkeys(icd.library.rpartition("/")[2] for icd in wanted))
    asked = loader.step("platforms")
    if asked is not None and asked.fine is False:
        known = known_text(asked.text, "GPU")
        meaning = known.meaning if known else "the loader's question for drivers failed"
        if device is not None and device.needs_legacy_driver:
            meaning = "the driver is too new for this GPU; its 'legacy1' has it"
            return broken("driver", "driver-too-new", meaning, wanted[0].file, get_driver, asked.text)
        return broken("driver", "driver-without-device", f"{names}: {meaning}", wanted[0].file, get_driver, asked.text)
    if (hung := loader.unfinished("platforms")) is not None:
        text = f"{hung}: {loader.fate}"
        if loader.is_late and busy:
            text += f"; the machine has {busy}: look again when it is idle"
            return warning("driver", "slow", text, wanted[0].file, "uptime")
        cause = "driver-hangs" if loader.is_late else "driver-crashes"
        return broken("driver", cause, text, wanted[0].file, _aside(wanted[0]), loader.last_words or None)
    shown = f"{names}: {'; '.join(asked.values)}" if asked is not None and asked.values else names
    if asked is not None and not any("no device" not in each for each in asked.values):
        if device is None:
            return unknown("driver", shown, wanted[0].file)
        if device.needs_legacy_driver:
            text = f"{names} shows no device: it is too new for this GPU; its 'legacy1' has it"
            return broken("driver", "driver-too-new", text, wanted[0].file, get_driver)
        text = f"{names} shows no device: it is older than this GPU, or does not fit the kernel; install the newest one"
        newest = get_driver.replace("apt install", "apt install --only-upgrade")
        return broken("driver", "driver-without-device", text, wanted[0].file, newest)
    return fine("driver", shown, wanted[0].file)


def _installed_all_the_same(tree: MachineTree, environ: Mapping[str, str], where: str) -> str:
    """The file of Intel's driver in the usual folder, which a variable keeps the loader from."""
    if where == VENDORS:
        return ""
    usual, _ = find_icds(tree, {key: value for key, value in environ.items() if key != "OCL_ICD_VENDORS"})
    return next((icd.file for icd in usual if _INTEL_LIBRARY in icd.library), "")


def _dead(icd: Icd, probed: Probed, loader: Probed) -> Finding | None:
    """A library that crashes or hangs whoever loads it: of any maker, since the loader loads them all. Not each loader
    heeds each variable: where it has come through all the same, that is a remark."""
    if probed.unfinished("load") is None:
        return None
    library = icd.library.rpartition("/")[2]
    cause = "driver-hangs" if probed.is_late else "driver-crashes"
    fate = f"{probed.ended_as} when it is loaded"
    text = f"{library} {fate if not probed.is_late else f'gives {fate}'}"
    if loader.step("platforms") is not None:
        text += f"; {LOADER} has passed it over"
        return warning("driver", cause, text, icd.file, _aside(icd), probed.last_words or None)
    text += ", in every program that looks for a GPU"
    return broken("driver", cause, text, icd.file, _aside(icd), probed.last_words or None)


def _cannot_be_loaded(
    tree: MachineTree, icd: Icd, probed: Probed, environ: Mapping[str, str], get_driver: str
) -> Finding | None:
    library = icd.library
    step = probed.step("load")
    if step is not None and step.fine:
        return None
    if step is None:
        if "/" in library:
            present = tree.reaches(library)
        else:
            present = bool(tree.library(library, tuple(environ.get("LD_LIBRARY_PATH", "").split(":"))))
        if present or tree.is_real:
            return None
        step_text = f"{library}: cannot open shared object file: No such file or directory"
    else:
        step_text = step.text
    lacking = _DEPENDENCY.search(step_text)
    name = library.rpartition("/")[2]
    if lacking is not None and lacking[1] != name:
        package = next((value for key, value in _PACKAGES.items() if lacking[1].startswith(key)), "")
        command = f"sudo apt install {package}" if package else f"apt-file search {lacking[1]}"
        text = f"{name} needs {lacking[1]}, which is missing"
        return broken("driver", "driver-dependency", text, icd.file, command, step_text)
    if lacking is not None:
        text = f"{icd.file.rpartition('/')[2]} names {library}, which is missing"
        command = get_driver.replace("apt install", "apt install --reinstall")
        return broken("driver", "driver-library-missing", text, icd.file, command)
    if (mismatch := known_text(step_text, "GPU")) is not None and mismatch.cause == "library-mismatch":
        text = f"{name} does not fit this system, or what it needs has another version"
        command = get_driver.replace("apt install", "apt install --reinstall")
        return broken("driver", "library-mismatch", text, icd.file, command, step_text)
    return broken("driver", "driver-broken", f"{name} cannot be loaded", icd.file, get_driver, step_text)


def _aside(icd: Icd) -> str | None:
    return f"sudo mv {icd.file} {icd.file}.off" if icd.file.startswith("/") else f"unset {icd.file}"
