"""Ansible's own ansible-inventory, which knows an inventory with all its plugins, where it is installed."""

from __future__ import annotations

import os
import re
import shutil

from ovtui.fleet.inventory.asked_program import json_of, last_error
from ovtui.fleet.inventory.inventory import Inventory
from ovtui.fleet.inventory.listed_json import read_listed
from ovtui.settings.shown_text import shown

TOOL = "ansible-inventory"
_PLUGIN = re.compile(r"Failed to parse inventory with '(\w+)' plugin: (?:Failed to parse inventory: )?(.+)")
_UNPARSED = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True", "ANSIBLE_NOCOLOR": "1"}
"""Without the first it answers with what it has read up to an error, and with exit code 0."""


def installed() -> str:
    return shutil.which(TOOL) or ""


def ask(tool: str, path: str, plugin: str) -> Inventory:
    """`plugin`: whose complaint is of interest, 'yaml' or 'ini': each of Ansible's says why it cannot read it. Raises
    FleetError."""
    words = [tool, "-i", os.path.abspath(path), "--list"]  # noqa: PTH100
    listed = json_of(words, f"{TOOL} -i {shown(path)}", variables=_UNPARSED, why=lambda told: _complaint(told, plugin))
    return read_listed(listed, shown(path))


def _complaint(told: str, plugin: str) -> str:
    complaints: dict[str, str] = dict(_PLUGIN.findall(told))
    return complaints.get(plugin) or last_error(told)
