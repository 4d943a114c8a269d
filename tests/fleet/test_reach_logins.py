"""Logins at real sshds: host keys, keys, agents, hosts before a box, ports at which no SSH listens. By both
transports."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.box_faults import change_host_key, dead_port, forget_host_key, port_that_says, refuse_login
from harness.ssh_boxes import Boxes
from harness.sshd import SSHD

from ovtui.fleet.box import Box, BoxError, Transport
from ovtui.fleet.reach.opening import ReachOptions, open_line

pytestmark = pytest.mark.skipif(SSHD is None, reason="there is no sshd")
both = pytest.mark.parametrize("transport", ["asyncssh", "ssh"])
RELAY = """
import socket, sys, threading, os
there = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def up():
    while piece := os.read(0, 65536):
        there.sendall(piece)
    there.shutdown(socket.SHUT_WR)
threading.Thread(target=up, daemon=True).start()
sys.stderr.write("noise"); sys.stderr.flush()
while piece := there.recv(65536):
    os.write(1, piece)
"""


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boxes]:
    made = Boxes(tmp_path_factory.mktemp("logins"), ["b1", "b2", "closed", "j1"], ovtui=None)
    refuse_login(made["closed"])
    with pytest.MonkeyPatch.context() as patch, made:
        for name in [name for name in os.environ if name not in made.env]:
            patch.delenv(name)
        for name, value in made.env.items():
            patch.setenv(name, value)
        yield made


@pytest.fixture(autouse=True)
def as_it_was(boxes: Boxes) -> Iterator[None]:
    yield
    boxes.write_ssh_files()


def before(boxes: Boxes, text: str) -> None:
    """Puts this before what is in ~/.ssh/config."""
    config = boxes.home / ".ssh" / "config"
    config.write_text(text + config.read_text())


def home_over(transport: Transport, box: Box) -> str:
    async def go() -> str:
        line = await open_line(box, ReachOptions(transport=transport, connect_s=30))
        try:
            return (await line.run("echo $HOME", silence_s=60)).stdout.decode().strip()
        finally:
            await line.close()

    return asyncio.run(go())


def refused(transport: Transport, box: Box, connect_s: float = 30) -> BoxError:
    with pytest.raises(BoxError) as caught:
        asyncio.run(open_line(box, ReachOptions(transport=transport, connect_s=connect_s)))
    assert "\n" not in caught.value.text
    return caught.value


@both
def test_host_keys_are_checked_whatever_the_configuration_says(boxes: Boxes, transport: Transport) -> None:
    before(boxes, "Host *\n  StrictHostKeyChecking no\n  UpdateHostKeys yes\n")
    known = boxes.home / ".ssh" / "known_hosts"
    forget_host_key(boxes, "b1")
    change_host_key(boxes, "b2")
    kept = known.read_text()
    error = refused(transport, Box(name="b1"))
    assert (error.kind, "is not in known_hosts: type  ssh " in error.text) == ("host-key", True)
    error = refused(transport, Box(name="b2"))
    assert (error.kind, f"ssh-keygen -R '[127.0.0.1]:{boxes['b2'].port}' -f {known}" in error.text) == (
        "host-key",
        True,
    )
    if transport == "ssh":
        common = ("-C", "-o", "StrictHostKeyChecking=no", "-o", "ControlMaster=auto", "-o", "ControlPersist=60s")
        assert refused("auto", Box(name="b1", ssh_options=common)).kind == "host-key"
        assert home_over("auto", Box(name="closed", port=boxes["j1"].port, ssh_options=common)) == str(boxes["j1"].home)
    revoked = boxes["j1"].known_hosts_line
    known.write_text(f"@revoked * {revoked.split(' ', 1)[1]}{revoked}")
    error = refused(transport, Box(name="j1"))
    assert (error.kind, "@revoked" in error.text) == ("host-key", True)
    known.write_text(kept)
    assert known.read_text() == kept


@both
def test_host_keys_are_found_by_alias_hashed_and_by_certificate(boxes: Boxes, transport: Transport) -> None:
    known = boxes.home / ".ssh" / "known_hosts"
    key = boxes["b1"].known_hosts_line.split(" ", 1)[1]
    known.write_text(f"the-box {key}")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", known], check=True, capture_output=True)
    assert "the-box" not in known.read_text()
    assert refused(transport, Box(name="b1")).kind == "host-key"
    before(boxes, "Host b1\n  HostKeyAlias the-box\n")
    assert home_over(transport, Box(name="b1")) == str(boxes["b1"].home)


@both
def test_keys_that_are_not_accepted(
    boxes: Boxes, transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    error = refused(transport, Box(name="closed"))
    assert (error.kind, "ssh-copy-id" in error.text, "id_ed25519" in error.text) == ("login", True, True)
    locked = tmp_path / "locked"
    locked.write_bytes((boxes.home / ".ssh" / "id_ed25519").read_bytes())
    locked.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", locked], check=True, capture_output=True)
    before(boxes, f"Host *\n  IdentityFile {locked}\n  IdentitiesOnly yes\n")
    error = refused(transport, Box(name="b1"))
    assert (error.kind, f"ssh-add {locked}" in error.text) == ("login", True)
    (tmp_path / "locked.pub").write_bytes((boxes.home / ".ssh" / "id_ed25519.pub").read_bytes())
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", tmp_path / "agent"], stdout=subprocess.DEVNULL)
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        add = ["ssh-add", "-q", boxes.home / ".ssh" / "id_ed25519"]
        while subprocess.run(add, capture_output=True, check=False).returncode:
            assert agent.poll() is None
        assert home_over(transport, Box(name="b1")) == str(boxes["b1"].home)
    finally:
        agent.kill()
        agent.wait()


@both
def test_ports_at_which_no_ssh_listens(boxes: Boxes, transport: Transport) -> None:
    error = refused(transport, Box(name="b1", port=dead_port()))
    assert (error.kind, "nothing listens" in error.text) == ("unreachable", True)
    with port_that_says() as port:
        error = refused(transport, Box(name="b1", port=port), connect_s=0.5)
        assert (error.kind, "said nothing" in error.text) == ("silent", True)
    error = refused(transport, Box(name="nowhere.invalid"))
    assert (error.kind, "does not resolve" in error.text) == ("unreachable", True)


@both
def test_hosts_before_a_box(boxes: Boxes, transport: Transport) -> None:
    log = boxes["j1"].folder / "sshd.log"
    logins = log.read_text().count("Accepted")
    before(boxes, "Host b1 b2\n  ProxyJump j1\n")

    async def go() -> list[bytes]:
        options = ReachOptions(transport=transport, connect_s=30)
        lines = await asyncio.gather(*(open_line(Box(name=name), options) for name in ("b1", "b2")))
        try:
            return [(await line.run("echo $HOME", silence_s=60)).stdout.strip() for line in lines]
        finally:
            await asyncio.gather(*(line.close() for line in lines))

    assert asyncio.run(go()) == [os.fsencode(boxes[name].home) for name in ("b1", "b2")]
    assert log.read_text().count("Accepted") - logins == (1 if transport == "asyncssh" else 2)
    forget_host_key(boxes, "j1")
    assert refused(transport, Box(name="b1")).kind == "host-key"


@both
def test_a_program_that_connects(boxes: Boxes, transport: Transport, tmp_path: Path) -> None:
    (tmp_path / "relay.py").write_text(RELAY)
    before(boxes, f"Host b1\n  ProxyCommand {sys.executable} {tmp_path}/relay.py %h %p\n"
           "Host b2\n  ProxyCommand false --there\n")  # fmt: skip
    assert home_over(transport, Box(name="b1")) == str(boxes["b1"].home)
    error = refused(transport, Box(name="b2"))
    assert (error.kind, "ProxyCommand false --there" in error.text) == ("unreachable", True)


@both
@pytest.mark.parametrize("name", ["b1;touch made", "-oProxyCommand=touch made", "$(touch made)", "b1\nb2", ""])
def test_names_that_are_none(
    boxes: Boxes, transport: Transport, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert refused(transport, Box(name=name)).kind in ("refused", "unreachable")
    assert list(tmp_path.iterdir()) == []


def test_without_openssh_here(boxes: Boxes, monkeypatch: pytest.MonkeyPatch) -> None:
    """asyncssh then reads the configuration itself."""
    monkeypatch.setattr("ovtui.fleet.reach.ssh_config.ssh_program", lambda: "")
    monkeypatch.setattr("ovtui.fleet.reach.opening.ssh_program", lambda: "")
    before(boxes, "Host b2\n  ProxyJump j1\n")
    assert home_over("auto", Box(name="b1")) == str(boxes["b1"].home)
    assert home_over("auto", Box(name="b2")) == str(boxes["b2"].home)
    assert home_over("auto", Box(name="b2", port=boxes["b1"].port)) == str(boxes["b1"].home)
    assert "install OpenSSH" in refused("ssh", Box(name="b1")).text
    forget_host_key(boxes, "b1")
    assert refused("auto", Box(name="b1")).kind == "host-key"
    before(boxes, "Match nonsense x\n")
    assert "asyncssh reads less" in refused("auto", Box(name="b1")).text
