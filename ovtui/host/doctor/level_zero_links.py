"""The level-zero loader and the NPU's driver behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ovtui.host.doctor.findings import broken, fine, install, unknown, warning
from ovtui.host.doctor.known_texts import known_text
from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.host.doctor.probed import Probed
from ovtui.records.doctor import Finding

LOADER = "libze_loader.so.1"
NEW_DRIVER, OLD_DRIVER = "libze_intel_npu.so.1", "libze_intel_vpu.so.1"
FIRST_WITH_NEW_NAME = (1, 17, 17)
"""The first version of the loader that looks for the driver by its new name."""
_VERSION = re.compile(r"\.so\.(\d+)\.(\d+)\.(\d+)$")
_GET_DRIVER = "sudo apt install ./intel-level-zero-npu_*.deb ./intel-driver-compiler-npu_*.deb"
_FROM = "from github.com/intel/linux-npu-driver/releases"


def loader_link(tree: MachineTree, probed: Probed, folders: tuple[str, ...]) -> Finding:
    command = install(tree, "libze1", "oneapi-level-zero", "level-zero-loader")
    step = probed.step("load", LOADER)
    file = next(iter(step.values), "") if step is not None and step.fine else ""
    file = file or tree.library(LOADER, folders)
    if step is not None and not step.fine:
        missing = f"{LOADER}: cannot open" in step.text
        text = f"{LOADER} is missing" if missing else f"{LOADER} cannot be loaded"
        cause = "loader-missing" if missing else "loader-broken"
        return broken("loader", cause, text, LOADER, command, None if missing else step.text)
    if probed.unfinished("load") is not None:
        return broken("loader", "loader-crashes", f"{LOADER} {probed.fate}", LOADER, command)
    if not file:
        return broken("loader", "loader-missing", f"{LOADER} is missing", LOADER, command)
    version = loader_version(tree, file)
    number = ".".join(map(str, version)) if version else ""
    new, old = tree.library(NEW_DRIVER, folders), tree.library(OLD_DRIVER, folders)
    if version and version < FIRST_WITH_NEW_NAME and new and not old:
        text = f"version {number} looks for the driver by its old name alone; from 1.17.17 on it finds {NEW_DRIVER}"
        return broken("loader", "loader-too-old", text, file, command)
    return fine("loader", f"{LOADER} {number}".rstrip(), file)


def loader_version(tree: MachineTree, file: str) -> tuple[int, ...] | None:
    """By the name of the file that the library's name leads to; None where that has none."""
    found = _VERSION.search(tree.link_end(file) or file)
    return tuple(map(int, found.groups())) if found is not None else None


def driver_link(
    tree: MachineTree, folders: tuple[str, ...], loader: Probed, drivers: Mapping[str, Probed], *, lists_device: bool
) -> Finding:
    """`drivers`: the children that loaded each library, by its name. `lists_device`: OpenVINO has an NPU."""
    for name in (NEW_DRIVER, OLD_DRIVER):
        if (failed := _cannot_be_loaded(name, drivers.get(name, Probed()))) is not None:
            return failed
    new, old = (_path(tree, folders, name, drivers.get(name, Probed())) for name in (NEW_DRIVER, OLD_DRIVER))
    if new and old:
        text = "an old and a new driver lie beside each other, and the loader may take the old one"
        say = warning if lists_device else broken
        return say("driver", "two-drivers", text, old, f"sudo rm {old}*")
    if not new and not old and lists_device:
        return fine("driver", "the loader has found one")
    if not new and not old:
        text = f"{NEW_DRIVER} is missing: download the driver {_FROM}, then"
        return broken("driver", "no-driver", text, NEW_DRIVER, _GET_DRIVER)
    asked = loader.step("platforms")
    if asked is not None and asked.fine is False:
        known = known_text(asked.text, "NPU")
        meaning = known.meaning if known else "the loader's question for drivers failed"
        return broken("driver", "driver-without-device", meaning, new or old, _GET_DRIVER, asked.text)
    if loader.unfinished("platforms") is not None:
        text = f"the driver {loader.fate}"
        return broken("driver", "driver-crashes", text, new or old, _GET_DRIVER, loader.last_words or None)
    return fine("driver", (new or old).rpartition("/")[2], new or old)


def _path(tree: MachineTree, folders: tuple[str, ...], name: str, probed: Probed) -> str:
    """Where the driver of this name lies, by the child that loaded it or by the usual folders; '' where it is not."""
    step = probed.step("load")
    if step is not None:
        return (next(iter(step.values), "") or name) if step.fine else ""
    return tree.library(name, folders)


def _cannot_be_loaded(name: str, probed: Probed) -> Finding | None:
    if probed.unfinished("load") is not None:
        cause = "driver-hangs" if probed.is_late else "driver-crashes"
        return broken("driver", cause, f"{name} {probed.fate}", name, _GET_DRIVER, probed.last_words or None)
    step = probed.step("load")
    if step is None or step.fine or step.text.startswith(f"{name}: cannot open"):
        return None
    return broken("driver", "driver-broken", f"{name} cannot be loaded", name, _GET_DRIVER, step.text)


def not_needed(name: str) -> Finding:
    return unknown(name, "there is no NPU")
