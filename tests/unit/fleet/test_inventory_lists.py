"""Plain lists of boxes and names of OpenSSH: how a box is named, which names are refused, which boxes are meant."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ovtui.fleet.box import Box, FleetError
from ovtui.fleet.inventory import sources
from ovtui.fleet.inventory.reading import read_boxes


def listed(tmp_path: Path, text: str, *only: str, hosts: tuple[str, ...] = ()) -> list[Box]:
    path = tmp_path / "hosts"
    path.write_text(text, encoding="utf-8")
    return read_boxes([str(path)], hosts, only)


def refused(tmp_path: Path, text: str | bytes) -> str:
    """The sentence, without the folder."""
    path = tmp_path / "hosts"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FleetError) as caught:
        read_boxes([str(path)], (), ())
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.isprintable()
    return sentence.replace(f"{tmp_path}/", "")


def test_a_box_a_line(tmp_path: Path) -> None:
    text = """
        # the lab
        box1
        ann@box2      # hers
        box3:2222
        [2001:db8::1]:2200 ovtui_kind='i5 "small"'
        2001:db8::2
        ssh://bob@box4:22/
        rack[08:10].lab ovtui_ssh=ssh ovtui_path=/opt/ovtui
        a@127.0.0.1:1001
        b@127.0.0.1:1002
    """
    assert listed(tmp_path, text) == [
        Box(name="box1"),
        Box(name="box2", user="ann"),
        Box(name="box3", port=2222),
        Box(name="2001:db8::1", port=2200, kind='i5 "small"'),
        Box(name="2001:db8::2"),
        Box(name="box4", user="bob", port=22),
        *(Box(name=f"rack{at}.lab", transport="ssh", ovtui="/opt/ovtui") for at in ("08", "09", "10")),
        Box(name="a@127.0.0.1:1001", address="127.0.0.1", user="a", port=1001),
        Box(name="b@127.0.0.1:1002", address="127.0.0.1", user="b", port=1002),
    ]


def test_names_for_openssh_and_a_list_are_one_fleet(tmp_path: Path) -> None:
    boxes = listed(tmp_path, "box1 ansible_host=192.0.2.1\nbox2\n", hosts=("box1", "other", "other"))
    assert [(box.name, box.address) for box in boxes] == [("box1", "192.0.2.1"), ("box2", ""), ("other", "")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("box1\n-oProxyCommand=evil\n", "hosts, line 2: '-oProxyCommand=evil' begins with '-'"),
        ("-l@box1\n", "hosts, line 1: '-l' is no user that ssh would take"),
        ("box1 ansible_host=-F/tmp/x\n", "hosts, line 1: box1: '-F/tmp/x' begins with '-'"),
        ("box1 ansible_user='a b'\n", "hosts, line 1: box1: 'a b' is no user"),
        ("../box1\n", "hosts, line 1: '../box1' is no host"),
        ("a/b ansible_host=box1\n", "hosts, line 1: no box can be called 'a/b': it is the name of a file, too"),
        (".. ansible_host=box1\n", "hosts, line 1: no box can be called '..'"),
        ("box\x1b[31m1\n", r"hosts, line 1: 'box\x1b[31m1' is no host"),
        ("box\u202e1 ansible_host=a\n", r"hosts, line 1: no box can be called 'box\u202e1'"),
        ("$(touch).lab\n", "hosts, line 1: '$(touch).lab' is no host"),
        ("box1\nbox2:0\n", "hosts, line 2: a port is a number from 1 to 65535, not '0'"),
        ("box1:ssh\n", "hosts, line 1: a port is a number from 1 to 65535, not 'ssh'"),
        ("box1 ansible_port=70000\n", "hosts, line 1: box1: a port is a number"),
        ("box1\n\nbox2\nbox1\n", "hosts, line 4: 'box1' is there already, in line 1"),
        ("box1 box2\n", "hosts, line 1: 'box2' is no NAME=VALUE; one box stands on a line"),
        ("box1:22\nssh://box1:22/\n", "hosts, line 2: 'ssh://box1:22/' is the same box as 'box1:22', in"),
        ("box1 note=" + "x" * 30_000, "hosts, line 1 is longer than 20,000 characters"),
        ("box1 note='open\n", "hosts, line 1: a quote is not closed"),
        ("box[1:99999]\n", "hosts, line 1: 'box[1:99999]' stands for more than 10,000 boxes"),
        ("box[3:1]\n", "hosts, line 1: the range in 'box[3:1]' ends before it begins"),
        ("box[01:100]\n", "hosts, line 1: the range in 'box[01:100]': its ends have leading zeros"),
        ("box1 ovtui_path=bin/ovtui\n", "hosts, line 1: box1: ovtui_path is a whole path on the box"),
        ("box1 ovtui_ssh=putty\n", "hosts, line 1: box1: ovtui_ssh is auto, asyncssh or ssh, not 'putty'"),
        ("box1 ansible_ssh_common_args='-N'\n", "hosts, line 1: box1: ssh's -N does not fit"),
        ("box1 ansible_ssh_common_args='-C box2'\n", "'box2' among the options for ssh is none"),
        ("box1 ansible_ssh_common_args='-oRemoteCommand=x'\n", "'RemoteCommand=x' does not fit"),
        (f"{'b' * 300} ansible_host=a\n", "it is longer than 200 bytes"),
        ("# nothing\n", "hosts: no box is in it"),
        (b"box1\n\x00\x01", "hosts is no text: it has a byte of zero"),
        (b"box1\nbox\xff\n", "hosts, line 2: this is no UTF-8"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str | bytes, sentence: str) -> None:
    assert sentence in refused(tmp_path, text)


def test_files_that_are_no_inventory(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.write(b"x\n" * 100)
        file.truncate(100 << 20)  # sparse
    spaces = tmp_path / "spaces"
    spaces.write_bytes(b" " * (9 << 20))
    for path, told in (
        (tmp_path / "none", "No such file or directory"),
        (large, "is no text"),
        (spaces, "is larger than 8 MiB"),
        (Path("/dev/zero"), "is no text"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        with pytest.raises(FleetError, match=told):
            read_boxes([str(path)], (), ())
    with pytest.raises(FleetError, match="no box is named: give an inventory"):
        read_boxes([], [], [])


def test_a_pipe_is_read_and_one_in_a_folder_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--hosts <(...)`, also where Ansible is installed: it cannot be read twice."""
    monkeypatch.setattr(sources.ansible_tool, "installed", lambda: "/bin/false")
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "w") as written:
        written.write("[g]\nbox1\n")
    try:
        assert [(box.name, box.groups) for box in read_boxes([f"/dev/fd/{ours}"], (), ())] == [("box1", ("g",))]
    finally:
        os.close(ours)
    monkeypatch.setattr(sources.ansible_tool, "installed", lambda: "")
    os.mkfifo(tmp_path / "a-pipe")
    (tmp_path / "list").write_text("box1\n")
    assert [box.name for box in read_boxes([str(tmp_path)], (), ())] == ["box1"]


def test_two_inventories_that_differ_on_a_box(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("box1 ansible_host=192.0.2.1\nbox2\n")
    (tmp_path / "b").write_text("box2\nbox1 ansible_host=192.0.2.2\n")
    with pytest.raises(FleetError, match=r"b, line 2: another box is called 'box1' already, in .*a, line 1"):
        read_boxes([str(tmp_path / "a"), str(tmp_path / "b")], (), ())
    (tmp_path / "b").write_text("[g]\nbox2\n")
    assert [(box.name, box.groups) for box in read_boxes([str(tmp_path / "a"), str(tmp_path / "b")], (), ())] == [
        ("box1", ()), ("box2", ("g",)),
    ]  # fmt: skip


GROUPED = "[gpu]\narc1\narc2\n[npu]\nnuc1\narc2\n"


@pytest.mark.parametrize(
    ("only", "names"),
    [
        ((), ["arc1", "arc2", "nuc1"]),
        (("arc1",), ["arc1"]),
        (("npu",), ["arc2", "nuc1"]),
        (("arc*", "nuc1"), ["arc1", "arc2", "nuc1"]),
        (("gpu,!arc2",), ["arc1"]),
        (("!npu",), ["arc1"]),
        (("all", "!*1"), ["arc2"]),
        (("[an]*1",), ["arc1", "nuc1"]),
    ],
)
def test_only(tmp_path: Path, only: tuple[str, ...], names: list[str]) -> None:
    assert [box.name for box in listed(tmp_path, GROUPED, *only)] == names


def test_only_that_names_nothing(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="--only: no box and no group is 'acr1', did you mean arc1"):
        listed(tmp_path, GROUPED, "acr1")
    with pytest.raises(FleetError, match="no box is left: --only leaves out every one"):
        listed(tmp_path, GROUPED, "arc1", "!gpu")


def test_what_a_person_should_know_is_told_and_nothing_is_used(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text(
        "[a]\nbox1 ansible_password=secret ansible_ssh_common_args='-o StrictHostKeyChecking=no -J jump"
        " -o UserKnownHostsFile=/dev/null'\nbox2 ansible_become_pass=secret\nhere ansible_connection=local\n"
        "win ansible_connection=winrm ansible_port=nonsense\n"
    )
    told: list[str] = []
    boxes = read_boxes([str(tmp_path / "hosts")], (), (), told.append)
    assert boxes[0].ssh_options == ("-J", "jump")
    assert [box.name for box in boxes] == ["box1", "box2"]
    assert told == [
        "here, win: left out: ansible_connection is local, winrm, and ovtui reaches boxes over SSH alone",
        "box1, box2: ovtui never uses the password in ansible_become_pass, ansible_password; it logs in with keys",
        "box1: the inventory switches off the check of host keys; ovtui checks them all the same",
    ]
    assert "secret" not in repr((boxes, told))
