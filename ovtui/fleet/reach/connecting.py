"""A connection by asyncssh: with what OpenSSH's configuration says, host keys checked, keys and the agent alone."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
from typing import Any

import asyncssh

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.reach import errors
from ovtui.fleet.reach.asyncssh_line import AsyncsshLine
from ovtui.fleet.reach.errors import Place
from ovtui.fleet.reach.host_keys import known_hosts
from ovtui.fleet.reach.jumps import jump_settings
from ovtui.fleet.reach.key_files import KeyFiles
from ovtui.fleet.reach.shared_jumps import use_jumps
from ovtui.fleet.reach.ssh_config import Settings, place_of
from ovtui.settings.shown_text import in_quotes

_CIPHERS = "aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr"
"""The cheapest first: AES is a machine's own instruction on both sides."""
_HOST = re.compile(r"[A-Za-z0-9_.:%\[\]+][A-Za-z0-9_.:%\[\]+@-]*")
_USER = re.compile(r"(?!-)[^\s'\"`$\\;&<>|(){}\x00-\x1f\x7f]*")


class _Client(asyncssh.SSHClient):
    """What is seen of a login while it comes about."""

    def __init__(self) -> None:
        self.connected = False
        self.key: asyncssh.SSHKey | None = None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self.connected = True
        self.connection = conn

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        self.key = key
        return False


async def connect(box: Box, settings: Settings, ssh_words: list[str], connect_s: float) -> AsyncsshLine:
    """Raises BoxError. `ssh_words`: what `ssh` needs before the name."""
    hops = await jump_settings(settings, ssh_words)
    jumps = None
    if hops:
        key = tuple(f"{shlex.join(words)} {hop.name}" for hop, words in hops)
        jumps = await use_jumps(key, lambda: _open_jumps(hops, connect_s))
    try:
        tunnel = None if jumps is None else jumps.connection
        return AsyncsshLine(box, await _connect(settings, ssh_words, connect_s, tunnel), jumps)
    except BaseException:
        if jumps is not None:
            jumps.release()
        raise


async def _open_jumps(
    hops: list[tuple[Settings, list[str]]], connect_s: float
) -> list[asyncssh.SSHClientConnection]:  # fmt: skip
    opened: list[asyncssh.SSHClientConnection] = []
    try:
        for hop, words in hops:
            opened.append(await _connect(hop, words, connect_s, opened[-1] if opened else None))
    except BoxError as error:
        for connection in reversed(opened):
            connection.abort()
        raise BoxError(error.kind, f"the host {errors.capped(hop.name, 80)} before it: {error.text}") from None
    except BaseException:
        for connection in reversed(opened):
            connection.abort()
        raise
    return opened


async def _connect(
    settings: Settings, ssh_words: list[str], connect_s: float, tunnel: asyncssh.SSHClientConnection | None
) -> asyncssh.SSHClientConnection:
    check_names(settings)
    keys = KeyFiles.read(settings)
    place = place_of(settings, ssh_words, keys.text, keys.locked)
    client = _Client()
    given = _options(settings, keys, tunnel)
    try:
        async with asyncio.timeout(connect_s) as limit:
            return await asyncssh.connect(
                settings.host, settings.port, client_factory=lambda: client, connect_timeout=None,
                login_timeout=max(2 * connect_s, 10.0), **given,
            )  # fmt: skip
    except TimeoutError:
        if not limit.expired():
            raise BoxError("unreachable", errors.no_connection(place)) from None
        raise _too_slow(client, place, connect_s) from None
    except asyncssh.HostKeyNotVerifiable as error:
        raise _host_key(client, given["known_hosts"], settings, place, str(error)) from None
    except asyncssh.PermissionDenied:
        raise BoxError("login", errors.not_accepted(place)) from None
    except asyncssh.ChannelOpenError as error:
        raise BoxError("unreachable", f"the host before it has no connection to {place.at}: {error}") from None
    except asyncssh.KeyExchangeFailed as error:
        raise _key_exchange(given["known_hosts"], settings, place, str(error)) from None
    except asyncssh.DisconnectError as error:
        raise _disconnected(error, client, place) from None
    except OSError as error:
        raise errors.of_os(error, place) from None
    except (asyncssh.Error, ValueError) as error:
        raise BoxError("refused", errors.bad_config(str(error))) from None


def check_names(settings: Settings) -> None:
    """Names go into commands (ProxyCommand): those that a shell would read are refused, as OpenSSH does from 9.6 on."""
    if not _HOST.fullmatch(settings.host):
        raise BoxError("unreachable", f"{errors.capped(in_quotes(settings.host), 80)} is no name of a host")
    if not _USER.fullmatch(settings.user):
        raise BoxError("login", f"{errors.capped(in_quotes(settings.user), 80)} is no name of a user")


def _options(settings: Settings, keys: KeyFiles, tunnel: asyncssh.SSHClientConnection | None) -> dict[str, Any]:
    given: dict[str, Any] = {
        "config": None, "username": settings.user, "client_username": settings.user,
        "known_hosts": known_hosts(settings.known_hosts_files()),
        "client_keys": keys.private or iter(()), "agent_path": _agent(settings),
        "ignore_encrypted": True, "x509_trusted_certs": None, "pkcs11_provider": None,
        "password_auth": False, "kbdint_auth": False, "host_based_auth": False, "gss_kex": False,
        "gss_auth": settings.get("gssapiauthentication") == "yes",
        "compression_algs": "none,zlib@openssh.com", "encryption_algs": _CIPHERS,
        "agent_forwarding": False, "keepalive_interval": 0, "send_env": None, "env": None,
        "canonicalize_hostname": False,
    }  # fmt: skip
    if alias := settings.get("hostkeyalias"):
        given["host_key_alias"] = alias
    if settings.get("identitiesonly") == "yes":
        given["agent_identities"] = keys.public or [b""]  # none, where an empty list would be all
    if settings.get("compression") == "yes":
        given["compression_algs"] = "zlib@openssh.com,none"
    family = {"inet": 2, "inet6": 10}.get(settings.get("addressfamily"))
    if family is not None:
        given["family"] = family
    if bind := settings.get("bindaddress"):
        given["local_addr"] = (bind, 0)
    for keyword, option in (
        ("ciphers", "encryption_algs"), ("macs", "mac_algs"), ("kexalgorithms", "kex_algs"),
        ("hostkeyalgorithms", "server_host_key_algs"),
    ):  # fmt: skip
        if value := settings.was_set(keyword):
            given[option] = _known_algorithms(value, option)
    if tunnel is not None:
        given["tunnel"] = tunnel
    elif settings.proxy_command:
        # asyncssh takes what comes from stderr for the connection's, and its end for the connection's end.
        given["proxy_command"] = ["/bin/sh", "-c", f"(exec {settings.proxy_command}\n) 2>/dev/null\n:"]
    return given


def _agent(settings: Settings) -> str:
    """The agent's socket; empty where there is none."""
    named = settings.get("identityagent", "SSH_AUTH_SOCK")
    if named == "none":
        return ""
    if named == "SSH_AUTH_SOCK":
        return os.environ.get("SSH_AUTH_SOCK", "")
    if named.startswith("$") and not named.startswith("${"):
        return os.environ.get(named[1:], "")
    return str(settings.path(named))


def _known_algorithms(value: str, option: str) -> list[str]:
    """Those of a list in OpenSSH's configuration that asyncssh has."""
    from asyncssh.encryption import get_encryption_algs
    from asyncssh.kex import get_kex_algs
    from asyncssh.mac import get_mac_algs
    from asyncssh.public_key import get_certificate_algs, get_public_key_algs

    here = {
        "encryption_algs": get_encryption_algs(),
        "mac_algs": get_mac_algs(),
        "kex_algs": get_kex_algs(),
        "server_host_key_algs": [*get_certificate_algs(), *get_public_key_algs()],
    }[option]
    names = [name for name in value.split(",") if name.encode() in here]
    if not names:
        raise BoxError(
            "refused", f"asyncssh has none of the algorithms {errors.capped(value, 120)}: --ssh ssh has them"
        )
    return names


def _too_slow(client: _Client, place: Place, connect_s: float) -> BoxError:
    if not client.connected:
        return BoxError("unreachable", errors.no_connection(place))
    if not client.connection.get_extra_info("server_version"):
        return BoxError("silent", errors.no_banner(place))
    return BoxError("silent", f"the login at {place.at} did not end within {connect_s:g} s: its sshd hangs")


def _host_key(client: _Client, known: Any, settings: Settings, place: Place, text: str) -> BoxError:
    if "revoked" in text:
        return BoxError("host-key", errors.revoked_key(place))
    fingerprint = ""
    if client.key is not None:
        name = client.key.get_algorithm().removeprefix("ssh-").upper()
        fingerprint = f"{name} {client.key.get_fingerprint()}"
    elif "not trusted" not in text:
        return BoxError("host-key", f"its host certificate is not accepted: {errors.capped(text, 200)}")
    return BoxError(
        "host-key", (errors.changed_key if _has_keys(known, settings) else errors.unknown_key)(place, fingerprint)
    )


def _has_keys(known: Any, settings: Settings) -> bool:
    port = None if settings.port == 22 else settings.port
    keys, *_ = known(settings.get("hostkeyalias") or settings.host, "", port)
    return bool(keys)


def _key_exchange(known: Any, settings: Settings, place: Place, text: str) -> BoxError:
    """A box that has no key of the kinds that known_hosts has for it."""
    if "host key" in text.lower() and _has_keys(known, settings):
        return BoxError("host-key", errors.changed_key(place, "a key of another kind"))
    return BoxError("unreachable", errors.no_common(text))


def _disconnected(error: asyncssh.DisconnectError, client: _Client, place: Place) -> BoxError:
    text = str(error)
    if "oo many authentication failures" in text:
        return BoxError("login", errors.too_many_keys(place))
    if isinstance(error, asyncssh.ProtocolNotSupported | asyncssh.ProtocolError) or "version" in text.lower():
        return BoxError("unreachable", errors.no_ssh(place, text))
    if client.connected and not client.connection.get_extra_info("server_version"):
        return BoxError("unreachable", errors.no_ssh(place, text))
    if "expired" in text or "locked" in text:
        return BoxError("login", errors.account(text))
    return BoxError("lost", f"{place.at} hung up during the login: {errors.capped(text, 200)}")
