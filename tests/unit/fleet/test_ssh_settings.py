"""OpenSSH's settings of a name: tokens, files, jump hosts, and which of them need the system's ssh."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from pathlib import Path

import pytest

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.reach import opening, ssh_config
from ovtui.fleet.reach.choice import needs_ssh
from ovtui.fleet.reach.host_keys import known_hosts
from ovtui.fleet.reach.jumps import jump_box, jump_settings
from ovtui.fleet.reach.opening import ReachOptions, chosen
from ovtui.fleet.reach.ssh_config import Settings, box_words, read_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KRB5CCNAME", raising=False)
    (tmp_path / ".ssh").mkdir(mode=0o700)
    return tmp_path


def settings(**values: str) -> Settings:
    given = {"hostname": "10.0.0.7", "port": "2222", "user": "ann", **values}
    return Settings("b1", {keyword: [value] for keyword, value in given.items()})


def key(path: Path, *more: str) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path, *more], check=True)


def test_tokens(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", "here")
    found = settings(proxyjump="none")
    assert found.expanded("%h:%p %r %n %% %d %z") == f"10.0.0.7:2222 ann b1 % {home} %z"
    assert found.path("~/.ssh/${PLACE}-%n") == home / ".ssh" / "here-b1"
    assert found.expanded("%l") == socket.gethostname()


def test_known_hosts_files(home: Path) -> None:
    spaced = home / "with space"
    spaced.touch()
    theirs = ssh_config.account_home() / ".ssh" / "known_hosts"
    found = settings(userknownhostsfile=f"{theirs} {spaced} /other", globalknownhostsfile="none").known_hosts_files()
    assert found == [home / ".ssh" / "known_hosts", spaced, Path("/other")]


def test_openssh_reads_its_configuration(home: Path) -> None:
    (home / ".ssh" / "config").write_text('Match exec "test %n = b1"\n  HostName 10.0.0.9\nInclude ~/.ssh/none\n')
    (home / "k").touch()
    box = Box(name="b1", port=99, user="ann", key_files=("~/k",))
    found = asyncio.run(read_settings(box, ssh_config.config_words("")))
    assert (found.host, found.port, found.user) == ("10.0.0.9", 99, "ann")
    assert found.get("identityfile") == str(home / "k")
    assert not found.was_set("ciphers")
    with pytest.raises(BoxError, match="the key file"):
        asyncio.run(read_settings(Box(name="b1", key_files=("~/none",)), []))
    (home / ".ssh" / "config").write_text("Nonsense yes\n")
    with pytest.raises(BoxError, match="Bad configuration option: nonsense"):
        asyncio.run(read_settings(box, ssh_config.config_words("")))


def test_words_of_a_box_stay_one_word_each() -> None:
    box = Box(name="b", user="a b", port=7, key_files=("/k 1",), ssh_options=("-o", "Compression=yes"))
    assert box_words(box) == ["-p", "7", "-o", "User=a b", "-i", "/k 1", "-o", "Compression=yes"]


@pytest.mark.parametrize(
    ("word", "box"),
    [
        ("j1", Box(name="j1")),
        ("ann@j1:2222", Box(name="j1", user="ann", port=2222)),
        ("ssh://ann@j1:22/", Box(name="j1", user="ann", port=22)),
        ("a@b@[::1]:23", Box(name="::1", user="a@b", port=23)),
        ("fe80::1", Box(name="fe80::1")),
    ],
)
def test_jump_hosts(word: str, box: Box) -> None:
    assert jump_box(word) == box


def test_jump_hosts_have_their_own_configuration_and_make_no_circle(home: Path) -> None:
    config = home / ".ssh" / "config"
    config.write_text("Host b1\n ProxyJump j2,j3\nHost j2\n ProxyJump j1\nHost j3\n Port 33\n")

    async def hops() -> list[tuple[str, int]]:
        words = ssh_config.config_words("")
        found = await jump_settings(await read_settings(Box(name="b1"), words), words)
        return [(hop.host, hop.port) for hop, _ in found]

    assert asyncio.run(hops()) == [("j1", 22), ("j2", 22), ("j3", 33)]
    config.write_text("Host j1\n ProxyJump j2\nHost *\n ProxyJump j1\n")
    with pytest.raises(BoxError, match="circle"):
        asyncio.run(hops())


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, ""),
        ({"pkcs11provider": "/lib/x.so"}, "PKCS11Provider"),
        ({"proxyusefdpass": "yes"}, "ProxyUseFdpass"),
        ({"proxyusefdpass": "no"}, ""),
        ({"knownhostscommand": "/bin/x"}, "KnownHostsCommand"),
        ({"certificatefile": "/c"}, "CertificateFile"),
        ({"proxyjump": "j1", "proxycommand": "nc"}, ""),
        ({"controlpath": "/nowhere/socket"}, ""),
    ],
)
def test_what_needs_the_systems_ssh(home: Path, values: dict[str, str], reason: str) -> None:
    found = needs_ssh(settings(**values))
    assert found.startswith(reason)
    assert bool(found) == bool(reason)


def test_a_connection_that_is_open_and_a_ticket_need_it_too(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("control")
        assert needs_ssh(settings(controlpath=str(tmp_path / "control"))).startswith("ControlPath")
    monkeypatch.setenv("KRB5CCNAME", "x")
    assert needs_ssh(settings(gssapiauthentication="yes")).startswith("GSSAPI")


def test_keys_in_hardware_and_keys_with_a_passphrase(home: Path) -> None:
    from ovtui.fleet.reach.key_files import KeyFiles

    path = home / "k"
    key(path)
    plain = KeyFiles.read(settings(identityfile=str(path)))
    assert (plain.private, len(plain.public), plain.locked) == ([str(path)], 1, "")
    locked = home / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", locked], check=True)
    found = KeyFiles.read(settings(identityfile=str(locked)))
    assert (found.private, found.locked) == ([], str(locked))
    hardware = home / "sk"
    hardware.write_text("opaque")
    blob = "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fAAAABHNzaDo="
    (home / "sk.pub").write_text(f"sk-ssh-ed25519@openssh.com {blob} x\n")
    assert "FIDO2" in needs_ssh(settings(identityfile=str(hardware)))


def test_which_transport_and_why(home: Path) -> None:
    def said(box: Box, transport: str = "auto") -> tuple[str, str]:
        return asyncio.run(chosen(box, ReachOptions(transport=transport)))  # type: ignore[arg-type]

    assert said(Box(name="b1"))[0] == "asyncssh"
    assert said(Box(name="b1"), "ssh") == ("ssh", "--ssh says so")
    assert said(Box(name="b1", transport="ssh")) == ("ssh", "the inventory says so")
    with_options = Box(name="b1", ssh_options=("-o", "Compression=yes"))
    assert said(with_options)[0] == "ssh"
    with pytest.raises(BoxError, match="ansible_ssh_common_args"):
        said(with_options, "asyncssh")


def test_without_asyncssh_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert opening.why_not_able() == ""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "pip install 'ovtui[fleet]'" in opening.why_not_able()


def test_host_keys_are_looked_for_as_openssh_does(tmp_path: Path) -> None:
    keys = []
    for number in range(3):
        key(tmp_path / f"k{number}")
        keys.append(" ".join((tmp_path / f"k{number}.pub").read_text().split()[:2]))
    file = tmp_path / "known"
    file.write_text(f"b1,10.0.0.1 {keys[0]}\nnonsense\n@odd x y z\n[b1]:2222 {keys[1]}\n@revoked * {keys[2]}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], capture_output=True, check=False)
    find = known_hosts([tmp_path / "none", file])

    def found(host: str, address: str, port: int | None) -> list[str]:
        return [each.export_public_key().decode().strip() for each in find(host, address, port)[0]]

    assert found("b1", "10.0.0.1", None) == [keys[0]]
    assert found("b1", "10.0.0.1", 2222) == [keys[1]]
    assert found("b1", "", 99) == [keys[0]]
    assert found("other", "10.0.0.1", None) == []
    assert len(find("other", "", None)[2]) == 1
    file.write_text("")
    assert known_hosts([file])("b1", "", None)[0] == []
