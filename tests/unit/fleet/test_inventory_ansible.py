"""Ansible's inventories are read as Ansible reads them. `ansible_lab_truth.json` is what ansible-inventory (of
ansible-core 2.19.14) said of the folder `ansible_lab`; tests/long/ansible_inventories.py compares random ones with a
tool that is installed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ovtui.fleet.box import Box, FleetError
from ovtui.fleet.inventory import ansible_tool, asked_program
from ovtui.fleet.inventory.listed_json import read_listed
from ovtui.fleet.inventory.reading import read_boxes
from ovtui.fleet.inventory.sources import read_source

HERE = Path(__file__).parent
LAB = HERE / "ansible_lab"
Script = Callable[..., Path]


@pytest.fixture(autouse=True)
def tool(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The path of ansible-inventory, for a test that sets one: else none is installed, wherever the tests run."""
    path: list[str] = []
    monkeypatch.setattr(ansible_tool, "installed", lambda: path[0] if path else "")
    return path


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """A script of sh as an executable file."""

    def write(*lines: str) -> Path:
        path = tmp_path / "dynamic"
        path.write_text("#!/bin/sh\n" + "\n".join(lines) + "\n")
        path.chmod(0o755)
        return path

    return write


def refused(path: Path) -> str:
    with pytest.raises(FleetError) as caught:
        read_boxes([str(path)], (), ())
    sentence = str(caught.value)
    assert sentence.isprintable()
    return sentence.replace(f"{path.parent}/", "")


def test_a_folder_is_read_as_ansible_reads_it() -> None:
    truth = read_listed(json.loads((HERE / "ansible_lab_truth.json").read_text()), "truth").entries()
    ours = read_source(str(LAB), lambda _: None)
    assert {entry.name: (entry.variables, entry.groups) for entry in ours} == {
        entry.name: (entry.variables, entry.groups) for entry in truth
    }
    assert len(ours) == 14


def test_the_variables_become_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    boxes = {box.name: box for box in read_boxes([str(LAB)], (), ())}
    python, keys = "/usr/bin/python3", ("/home/ann/.ssh/lab key",)
    assert boxes["nuc03.lab"] == Box(
        name="nuc03.lab", port=2222, user="lab-user", key_files=keys, groups=("fast", "npu"), python=python
    )
    assert boxes["nucb"] == Box(
        name="nucb", port=2200, user="npu", key_files=keys, groups=("fast", "npu"), python=python, kind='NUC 14, "Pro"'
    )
    assert boxes["arc1"] == Box(
        name="arc1", address="192.0.2.7", port=2299, user="gpu", groups=("fast", "gpu"), python=python
    ), "of two names of one variable Ansible takes the older"
    assert boxes["xeon"].ssh_options == ("-J", "gateway", "-o", "Compression=yes")
    assert boxes["2001:db8::7"].ovtui == "/opt/ovtui/bin/ovtui"
    assert boxes["edge1"].transport == "ssh"


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("hosts", "[a]\nbox1\n[b:children]\nnone\n", "hosts, line 4: there is no group [none]"),
        ("hosts", "[a]\nbox1\n[b:vars]\nx=1\n", "hosts, line 3: there is no group [b]"),
        ("hosts", "[a:hostvars]\n", "hosts, line 1: a section is [GROUP], [GROUP:children] or [GROUP:vars]"),
        ("hosts", "[a]\nbox1\n[a:vars]\nword\n", "hosts, line 4: 'word' is no NAME=VALUE"),
        ("hosts", "[a:children]\nb\n[b:children]\na\n", "is in itself, through its children"),
        ("hosts", "[a]\nbox1 ansible_host='{{ ip }}'\n", "hosts, line 2: box1: ansible_host is a template of Jinja"),
        ("h.yml", "all:\n  hosts:\n    box1: {\n", "h.yml, line 4: this is no YAML"),
        ("h.yml", "- box1\n", "h.yml: an inventory in YAML begins with a group"),
        ("h.yml", "all:\n  hosts: [box1]\n", "h.yml: hosts of the group 'all' are written as names with a colon"),
        ("h.yml", "all:\n  hosts: {12: }\n", "h.yml: the box 12 needs quotes"),
        ("h.yml", "all:\n  hosts: {a: 3}\n", "h.yml: the variables of 'a' are no names with values"),
        ("h.yml", "plugin: amazon.aws.aws_ec2\n", "h.yml is for Ansible's plugin 'amazon.aws.aws_ec2', which only"),
        ("h.yml", "all: {hosts: {a: {ansible_user: !vault x}}}\n", "a: ansible_user is encrypted by ansible-vault"),
        ("h.yml", "all: {hosts: {a: {ansible_user: [x]}}}\n", "a: ansible_user is no text"),
        ("h.yml", "a: &a\n  children: {b: *a}\n", "its aliases stand for one another without end"),
        ("h.yml", f"all: {{hosts: {{a: {{ansible_port: 0x{'f' * 9000}}}}}}}\n", "a port is a number from 1 to 65535"),
        ("hosts", f"[g]\na ansible_port=0x{'f' * 9000}\n", "hosts, line 2: a: a port is a number from 1 to 65535"),
        ("h.yml", "all: {hosts: {a: {ansible_connection: [x]}}}\n", "no box is left"),
        ("h.yml", "[" * 5000, "this is no YAML"),
        ("h.toml", "[all.hosts]\n", "h.toml: TOML is read by ansible-inventory, which is not installed"),
        ("hosts", "$ANSIBLE_VAULT;1.1;AES256\n3339\n", "hosts is encrypted: ansible-inventory, which could read it"),
    ],
)  # fmt: skip
def test_what_cannot_be_known_is_refused(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    (tmp_path / name).write_text(text)
    assert sentence in refused(tmp_path / name)


@pytest.mark.parametrize("priority", [".inf", f"0x{'f' * 9000}", "[1]", "x"])
def test_a_priority_that_is_none_counts_as_ansibles_own(tmp_path: Path, priority: str) -> None:
    vars_of = f"vars: {{ansible_group_priority: {priority}}}"
    (tmp_path / "h.yml").write_text(f"all: {{children: {{g: {{{vars_of}, hosts: {{a: }}}}}}}}\n")
    assert [box.groups for box in read_boxes([str(tmp_path / "h.yml")], (), ())] == [("g",)]


@pytest.mark.parametrize("use", ["ansible_host", "ansible_connection", "note"])
def test_values_of_aliases_without_end(tmp_path: Path, use: str) -> None:
    levels = ["v0: &v0 [x, x]", *(f"v{at}: &v{at} [*v{at - 1}, *v{at - 1}]" for at in range(1, 60))]
    text = "all:\n  vars:\n" + "".join(f"    {level}\n" for level in levels) + f"  hosts: {{a: {{{use}: *v59}}}}\n"
    (tmp_path / "h.yml").write_text(text)
    assert "without end" in refused(tmp_path / "h.yml")


def test_aliases_within_aliases_end(tmp_path: Path) -> None:
    levels = ["g0: &a0 {hosts: {box: }}"]
    levels += [f"g{at}: &a{at} {{children: {{x{at}: *a{at - 1}, y{at}: *a{at - 1}}}}}" for at in range(1, 40)]
    (tmp_path / "h.yml").write_text("\n".join(levels) + "\n")
    assert "without end" in refused(tmp_path / "h.yml")


def test_a_file_of_variables_that_is_encrypted_is_told_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "all.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n3339\n")
    (tmp_path / "hosts").write_text("[a]\nbox1\n")
    told: list[str] = []
    assert [box.name for box in read_boxes([str(tmp_path / "hosts")], (), (), told.append)] == ["box1"]
    assert told == [f"{tmp_path}/group_vars/all.yml is encrypted by ansible-vault: what it says of boxes is left out"]


def test_a_plain_list_has_variables_of_its_folder_too(tmp_path: Path) -> None:
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars" / "box1.yml").write_text("ovtui_kind: small\n")
    (tmp_path / "hosts").write_text("ann@box1:22\n")
    assert read_boxes([str(tmp_path / "hosts")], (), ())[0].kind == "small"


def test_a_program_tells_its_boxes(script: Script) -> None:
    listed = {"lab": {"hosts": ["box1"], "vars": {"ansible_user": "ann"}}, "all": {"children": ["lab"]},
              "_meta": {"hostvars": {"box1": {"ansible_port": 2200}, "box2": {}}}}  # fmt: skip
    path = script('test "$1" = --list || exit 1', f"echo '{json.dumps(listed)}'")
    assert read_boxes([str(path)], (), ()) == [
        Box(name="box1", port=2200, user="ann", groups=("lab",)), Box(name="box2"),
    ]  # fmt: skip


def test_a_program_without_meta_is_asked_for_each_box(script: Script) -> None:
    path = script(
        'if [ "$1" = --list ]; then echo \'{"lab": ["box1", "box2"]}\'; exit; fi',
        'echo "{\\"ansible_user\\": \\"of-$2\\"}"',
    )
    assert [(box.name, box.user) for box in read_boxes([str(path)], (), ())] == [
        ("box1", "of-box1"), ("box2", "of-box2"),
    ]  # fmt: skip


def test_a_program_that_fails_or_never_ends(script: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert refused(script("echo 'no cloud \x1b[2J' >&2; exit 3")) == r"dynamic fails: no cloud \x1b[2J"
    assert refused(script("echo hello")) == "dynamic prints no JSON object"
    assert refused(script("echo '{\"a\": 3}'")) == "dynamic: a group is a list or an object"
    monkeypatch.setattr(asked_program, "_MOST_BYTES", 1000)
    assert "prints more than" in refused(script("exec cat /dev/zero"))
    pid = tmp_path / "pid"
    with pytest.raises(FleetError, match=r"has not ended after 0\.3 s"):
        asked_program.json_of([str(script(f"echo $$ >{pid}", "sleep 600 & sleep 600"))], "it", limit_s=0.3)
    if pid.exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)


def test_where_ansible_is_installed_its_tool_is_asked(script: Script, tool: list[str], tmp_path: Path) -> None:
    listed = {"lab": {"hosts": ["box1"]}, "_meta": {"hostvars": {"box1": {"ansible_user": "told"}}}}
    tool.append(str(script(f'echo "$@" >{tmp_path}/asked', f"echo '{json.dumps(listed)}'")))
    (tmp_path / "hosts").write_text("[lab]\nbox1\n")
    assert read_boxes([str(tmp_path / "hosts")], (), ())[0].user == "told"
    assert (tmp_path / "asked").read_text() == f"-i {tmp_path}/hosts --list\n"
    (tmp_path / "list").write_text("ann@box1\n")
    assert read_boxes([str(tmp_path / "list")], (), ())[0].user == "ann", "a plain list is no inventory of Ansible's"


def test_ansibles_own_reason_is_told(script: Script, tool: list[str], tmp_path: Path) -> None:
    """As ansible-inventory 2.19 fails, with ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED."""
    tool.append(str(script(
        'test "$ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED" = True || exit 0',
        "cat >&2 <<END",
        "[WARNING]: Failed to parse inventory with 'yaml' plugin: Invalid host pattern 'a b'",
        "[WARNING]: Failed to parse inventory with 'ini' plugin: Failed to parse inventory: no such group",
        "[ERROR]: Completely failed to parse inventory source hosts",
        "END",
        "exit 1",
    )))  # fmt: skip
    (tmp_path / "hosts").write_text("[lab]\nbox1\n")
    assert refused(tmp_path / "hosts") == "ansible-inventory -i hosts fails: no such group"
