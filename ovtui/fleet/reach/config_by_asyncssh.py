"""OpenSSH's configuration as asyncssh reads it, on a machine without OpenSSH's client. It reads fewer words of it, and
of ~/.ssh/config alone."""

from __future__ import annotations

import getpass
from pathlib import Path

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.reach import errors

_READ = (
    "HostName", "Port", "User", "HostKeyAlias", "ProxyJump", "ProxyCommand", "IdentityAgent", "BindAddress",
    "IdentityFile", "CertificateFile", "UserKnownHostsFile", "GlobalKnownHostsFile", "IdentitiesOnly", "Compression",
    "PKCS11Provider", "Ciphers", "MACs", "KexAlgorithms", "HostKeyAlgorithms",
)  # fmt: skip
_KEYS = ("id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk")
DEFAULTS = {
    "port": ["22"],
    "identityfile": [f"~/.ssh/{name}" for name in _KEYS],
    "userknownhostsfile": ["~/.ssh/known_hosts ~/.ssh/known_hosts2"],
    "globalknownhostsfile": ["/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"],
}


def read_by_asyncssh(box: Box, host: str, config: list[str]) -> dict[str, list[str]]:
    """As `ssh -G` prints it, a list for each keyword. Raises BoxError 'refused'."""
    from asyncssh.config import ConfigParseError, SSHClientConfig

    path = Path(config[1]) if config else Path.home() / ".ssh" / "config"
    paths = [path] if path.is_file() else []
    try:
        user = getpass.getuser()
        read = SSHClientConfig.load(
            None, paths, False, False, False, user, box.user or (), host, () if box.port is None else box.port
        )
    except (ConfigParseError, OSError, KeyError) as error:
        text = f"{error}: asyncssh reads less of it than OpenSSH, whose client is not installed"
        raise BoxError("refused", errors.bad_config(text)) from None
    values = {**DEFAULTS, "hostname": [host], "user": [user]}
    for keyword in _READ:
        found = read.get("Hostname" if keyword == "HostName" else keyword)
        if isinstance(found, bool):
            values[keyword.lower()] = ["yes" if found else "no"]
        elif isinstance(found, list):
            each = [str(one) for one in found]
            values[keyword.lower()] = (
                each if keyword.endswith(("IdentityFile", "CertificateFile")) else [" ".join(each)]
            )
        elif found is not None:
            values[keyword.lower()] = [str(found)]
    if box.key_files:
        values["identityfile"] = [*box.key_files, *values["identityfile"]]
    return values
