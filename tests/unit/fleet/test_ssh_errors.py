"""What ssh, asyncssh and the system say of a line becomes one sentence with what to do."""

from __future__ import annotations

import errno
import socket

import pytest

from ovtui.fleet.reach import errors
from ovtui.fleet.reach.errors import Place

PLACE = Place("10.0.0.7", 2222, "ann", "b1", "-F /c", "offered: /k")


@pytest.mark.parametrize(
    ("said", "kind", "part"),
    [
        ("ssh: Could not resolve hostname b1: Name or service not known", "unreachable", "does not resolve"),
        ("ssh: connect to host 10.0.0.7 port 2222: Connection refused", "unreachable", "nothing listens at 10.0.0.7"),
        ("ssh: connect to host 10.0.0.7 port 22: No route to host", "unreachable", "no route"),
        ("ssh: connect to host 10.0.0.7 port 22: Connection timed out", "unreachable", "firewall"),
        ("Connection timed out during banner exchange", "silent", "said nothing"),
        ("@@@@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@@@@\nHost key verification failed.",
         "host-key", "ssh-keygen -R '[10.0.0.7]:2222'"),
        ("No ED25519 host key is known for b1 and you have requested strict checking.\nHost key verification failed.",
         "host-key", "type  ssh -F /c b1  once"),
        ("Unable to negotiate with 1.2.3.4 port 22: no matching host key type found. Their offer: ssh-rsa",
         "unreachable", "no algorithm in common"),
        ("Received disconnect from 1.2.3.4 port 22:2: Too many authentication failures", "login", "IdentitiesOnly"),
        ("ann@10.0.0.7: Permission denied (publickey).", "login", "ssh-copy-id -F /c b1"),
        ("kex_exchange_identification: read: Connection reset by peer", "unreachable", "not SSH"),
        ("Session open refused by peer", "refused", "MaxSessions"),
        ("/c: line 1: Bad configuration option: nonsense", "refused", "cannot be read"),
        ("client_loop: send disconnect: Broken pipe", "lost", "broke"),
        ("something new\x1b]0;title\x07", "unreachable", "something new\\x1b]0;title\\x07"),
    ],
)  # fmt: skip
def test_what_ssh_says(said: str, kind: str, part: str) -> None:
    error = errors.of_ssh(said, PLACE)
    assert (error.kind, part in error.text) == (kind, True), error.text
    assert error.text.isprintable()


def test_ssh_may_end_without_a_word() -> None:
    assert errors.of_ssh("", PLACE).kind == "refused"
    through = Place("h", 22, "u", "n", proxy="nc h 22")
    assert "ProxyCommand nc h 22" in errors.of_ssh("", through).text


def test_over_a_line_that_was_open_the_rest_is_a_line_that_broke() -> None:
    fallen_back = "kex_exchange_identification: Connection closed by remote host"
    assert errors.of_ssh(fallen_back, PLACE, opened=True).text == "the line to it broke"
    assert errors.of_ssh("Session open refused by peer", PLACE, opened=True).kind == "refused"


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (socket.gaierror(-2, "Name or service not known"), "does not resolve"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "nothing listens"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "no route"),
        (TimeoutError(errno.ETIMEDOUT, "timed out"), "firewall"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "MaxStartups"),
        (OSError(errno.EMFILE, "Too many open files"), "ulimit -n"),
        (OSError(errno.EACCES, "odd\x1b"), "odd\\x1b"),
    ],
)
def test_a_connection_that_does_not_come_about(error: OSError, part: str) -> None:
    found = errors.of_os(error, PLACE)
    assert found.kind == "unreachable"
    assert part in found.text


@pytest.mark.parametrize(
    ("said", "kind", "part"),
    [
        ("cat: write error: No space left on device", "full-disk", "disk is full there: make room in /home/ann"),
        ("cat: write error: Disk quota exceeded", "full-disk", "quota is used up there"),
        ("sh: cannot create /home/ann/x.part: Permission denied", "failed", "may not be written to"),
        ("sh: cannot create /home/ann/x.part: Read-only file system", "failed", "is read-only"),
        ("", "failed", "no reason was given"),
    ],
)
def test_a_file_that_could_not_be_brought(said: str, kind: str, part: str) -> None:
    found = errors.of_transfer(said, "/home/ann/x")
    assert (found.kind, part in found.text) == (kind, True), found.text


def test_a_key_with_a_passphrase_comes_before_what_was_offered() -> None:
    assert "ssh-add /k2" in errors.not_accepted(Place("h", 22, "u", "n", locked="/k2"))


def test_what_a_box_says_is_short() -> None:
    assert len(errors.of_ssh("x" * 10_000, PLACE).text) < 500
