"""A box as an inventory's variables describe it: Ansible's, their older names, and ovtui's own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ovtui.fleet.box import Box, FleetError, Transport
from ovtui.fleet.inventory.inventory import Encrypted, Entry, Variables
from ovtui.fleet.inventory.ssh_words import ssh_words
from ovtui.fleet.inventory.targets import Target, check_host, check_name, check_user, port_of, target_of
from ovtui.settings.paths import expand_home
from ovtui.settings.shown_text import in_quotes, shown

HOST = ("ansible_ssh_host", "ansible_host")
"""Where an older name is set, too, it wins: Ansible has it so."""
PORT = ("ansible_ssh_port", "ansible_port")
USER = ("ansible_ssh_user", "ansible_user")
KEY = ("ansible_ssh_private_key_file", "ansible_private_key_file")
ARGUMENTS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
PYTHON = ("ovtui_python", "ansible_python_interpreter")
OVTUI, KIND, SSH = "ovtui_path", "ovtui_kind", "ovtui_ssh"
_OVER_SSH = {"ssh", "smart", "paramiko", "paramiko_ssh", "libssh"}
_PASSWORDS = ("ansible_password", "ansible_ssh_pass", "ansible_ssh_password", "ansible_become_pass",
              "ansible_become_password", "ansible_sudo_pass", "ansible_su_pass",
              "ansible_ssh_private_key_passphrase", "ansible_private_key_passphrase")  # fmt: skip
_TRANSPORTS: tuple[Transport, ...] = ("auto", "asyncssh", "ssh")


class Named(NamedTuple):
    """An entry of an inventory under the name by which a person calls the box."""

    name: str
    entry: Entry
    target: Target
    """Its own name taken apart; host '' where ansible_host has the address."""


def named(entries: Iterable[Entry]) -> list[Named]:
    """Two users or ports of one host are two boxes: these are called as they are written. Raises FleetError."""
    taken_apart: list[tuple[Entry, Target]] = []
    for entry in entries:
        with _at(entry.where):
            target = Target("") if _first(entry.variables, HOST) is not None else target_of(entry.name)
            taken_apart.append((entry, target))
    counts: dict[str, int] = {}
    for entry, target in taken_apart:
        counts[target.host or entry.name] = counts.get(target.host or entry.name, 0) + 1
    found: dict[str, Named] = {}
    for entry, target in taken_apart:
        name = target.host or entry.name
        if counts[name] > 1:
            name = entry.name.removeprefix("ssh://").removesuffix("/")
        with _at(entry.where):
            check_name(name)
            if name in found:
                written = f"{in_quotes(found[name].entry.name[:60])}, in {found[name].entry.where}"
                raise FleetError(f"{in_quotes(entry.name[:60])} is the same box as {written}")
        found[name] = Named(name, entry, target)
    return list(found.values())


def why_not_over_ssh(entry: Entry) -> str:
    """Ansible's name of another connection, such as 'local', 'docker', 'winrm'; empty for SSH."""
    connection = entry.variables.get("ansible_connection")
    text = "" if connection is None else connection[:60] if isinstance(connection, str) else "no text"
    return "" if not text or text.rpartition(".")[2] in _OVER_SSH else text


def password_names(entry: Entry) -> list[str]:
    """The variables of it that hold a password. Their values are never looked at."""
    return [name for name in _PASSWORDS if entry.variables.get(name) not in (None, "")]


def box_of(each: Named) -> tuple[Box, bool]:
    """The box, and whether its inventory would have switched off the check of host keys. Raises FleetError."""
    entry, target, variables = each.entry, each.target, each.entry.variables
    with _at(f"{entry.where}: {shown(each.name)}" if variables else entry.where):
        address = (_text(variables, *HOST) or "").removeprefix("[").removesuffix("]")
        if address:
            check_host(address)
        elif target.host != each.name:
            address = target.host
        port = _first(variables, PORT)
        user = _text(variables, *USER) or target.user
        if user:
            check_user(user)
        if port is not None:
            _text(variables, *PORT)
        key = _text(variables, *KEY)
        arguments = ssh_words(" ".join(filter(None, (_text(variables, name) for name in ARGUMENTS))))
        transport = _text(variables, SSH) or "auto"
        if transport not in _TRANSPORTS:
            raise FleetError(f"{SSH} is auto, asyncssh or ssh, not {in_quotes(transport[:60])}")
        box = Box(
            name=each.name,
            address=address,
            port=target.port if port is None else port_of(port),
            user=user,
            key_files=(expand_home(key),) if key else (),
            groups=entry.groups,
            ssh_options=arguments.words,
            ovtui=_path(variables, OVTUI),
            python=_python(variables),
            kind=_text(variables, KIND) or "",
            transport=transport,
        )
    return box, arguments.unchecked


def _python(variables: Variables) -> str:
    """The discovery that Ansible does by itself (`auto`) is left to `fleet push`."""
    for name in PYTHON:
        value = variables.get(name)
        if isinstance(value, str) and value and not value.startswith("auto") and not _is_template(value):
            return _path(variables, name)
    return ""


def _path(variables: Variables, name: str) -> str:
    path = _text(variables, name) or ""
    if path and not path.startswith(("/", "~/")):
        raise FleetError(f"{name} is a whole path on the box, not {in_quotes(path[:60])}")
    return path


def _first(variables: Variables, names: Iterable[str]) -> Any:
    return next((variables[name] for name in names if variables.get(name) is not None), None)


def _text(variables: Variables, *names: str) -> str | None:
    """The value of the first of these that is set. Raises FleetError where it is no text, or one that only Ansible
    works out."""
    name = next((name for name in names if variables.get(name) is not None), None)
    if name is None:
        return None
    value = variables[name]
    if isinstance(value, Encrypted):
        raise FleetError(f"{name} is encrypted by ansible-vault, which ovtui does not open: write it openly")
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise FleetError(f"{name} is no text")
    text = str(value)
    if _is_template(text):
        raise FleetError(
            f"{name} is a template of Jinja, which neither ovtui nor ansible-inventory works out: write its value"
        )
    if shown(text) != text:
        raise FleetError(f"{name} has characters that cannot be seen")
    return text


def _is_template(text: str) -> bool:
    return "{{" in text or "{%" in text


@contextlib.contextmanager
def _at(where: str) -> Iterator[None]:
    try:
        yield
    except FleetError as error:
        raise FleetError(f"{where}: {error}") from None
