"""What of a box's SSH configuration asyncssh cannot do, so that the system's ssh has to."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from ovtui.fleet.reach import errors
from ovtui.fleet.reach.key_files import KeyFiles
from ovtui.fleet.reach.ssh_config import Settings

_OFF = ("", "none", "no", "false")


def needs_ssh(settings: Settings) -> str:
    """Why; empty where asyncssh can. Match and Include are not among it: `ssh -G` has read them for both."""
    if hardware := KeyFiles.read(settings).hardware:
        return f"{errors.capped(hardware, 100)} is a key in hardware (FIDO2), which asyncssh does not ask for"
    for keyword, what in (
        ("pkcs11provider", "PKCS11Provider: keys in hardware"),
        ("proxyusefdpass", "ProxyUseFdpass: a connection that another program hands over"),
        ("securitykeyprovider", "SecurityKeyProvider: keys in hardware"),
        ("hostbasedauthentication", "HostbasedAuthentication: a login by the host's own key"),
        ("knownhostscommand", "KnownHostsCommand: host keys that a program knows"),
        ("verifyhostkeydns", "VerifyHostKeyDNS: host keys that the DNS knows"),
        ("revokedhostkeys", "RevokedHostKeys: a list of keys that are not trusted"),
        ("bindinterface", "BindInterface: a network interface"),
        ("certificatefile", "CertificateFile: a certificate beside a key of another name"),
    ):
        if (value := settings.was_set(keyword)) and value.lower() not in _OFF:
            return what
    if (value := settings.get("pubkeyacceptedalgorithms")) and settings.was_set("pubkeyacceptedalgorithms"):
        return f"PubkeyAcceptedAlgorithms: {errors.capped(value, 60)}"
    path = settings.get("controlpath", "none")
    if path != "none" and settings.path(path).is_socket():
        return "ControlPath: a connection that is open already"
    if settings.get("gssapiauthentication") == "yes" and _ticket() and not importlib.util.find_spec("gssapi"):
        return "GSSAPIAuthentication: a Kerberos ticket, for which asyncssh needs the module gssapi"
    return ""


def _ticket() -> bool:
    named = os.environ.get("KRB5CCNAME", "")
    return bool(named) or Path(f"/tmp/krb5cc_{os.getuid()}").exists()
