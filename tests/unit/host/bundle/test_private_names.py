"""Which names a machine has, by files that are made up."""

from __future__ import annotations

import os
from pathlib import Path

from ovtui.host.bundle.private_names import names_of_this_machine, people_in_paths


def machine(root: Path) -> Path:
    files = {
        "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nanna:x:1000:1000:Anna Müller,Room 12,555-123:/home/anna:/bin/sh\n"
        "bob:x:1001:1001::/srv/bob/:/bin/sh\nsshd:x:105:65534::/run/sshd:/bin/false\nbroken line\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
        "etc/hostname": "box1\n",
        "etc/hosts": "127.0.0.1 localhost\n127.0.1.1 box1.corp.example.com box1 # it\n10.0.0.9 other.example.com\n",
        "etc/resolv.conf": "search lab.example.org lan\nnameserver 10.0.0.1\n",
        "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
        "sys/class/dmi/id/product_serial": "PF12345\n",
        "sys/class/dmi/id/board_serial": "To be filled by O.E.M.\n",
        "sys/class/dmi/id/chassis_serial": "0000000000\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    return root


def test_names(tmp_path: Path) -> None:
    environment = {"USER": "anna", "SUDO_USER": "carl", "HOME": "/home/anna", "HOSTNAME": "box1"}
    found = names_of_this_machine(environment, root=machine(tmp_path))
    assert {"anna", "carl", "bob", "Anna Müller", "Müller", "Anna", "Room 12", "555-123"} - {"Anna"} <= set(
        found.people
    )
    assert not {"root", "nobody", "sshd", ""} & set(found.people)
    assert {"box1", "box1.corp.example.com", os.uname().nodename} - {"localhost"} <= set(found.hosts)
    assert "localhost" not in found.hosts
    assert set(found.domains) == {"corp.example.com", "lab.example.org"}
    assert {"/home/anna", "/srv/bob", "/root"} <= set(found.homes)
    assert "/nonexistent" not in found.homes
    assert set(found.ids) == {"0123456789abcdef0123456789abcdef", "PF12345"}


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    found = names_of_this_machine({}, [tmp_path / "none"], tmp_path)
    assert "/root" in found.homes
    assert found.ids == ()


def test_a_name_that_is_no_utf_8(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_bytes(b"m\xfcller:x:1000:1000::/home/m\xfcller:/bin/sh\n")
    assert "m\udcfcller" in names_of_this_machine({}, root=tmp_path).people


def test_people_of_another_machine(tmp_path: Path) -> None:
    others = people_in_paths(["ovtui /home/dora/m.xml -i x:/Users/emil/a.png", "/home/dora", "/home", "no path"])
    assert others == ["dora", "emil"]
    assert set(names_of_this_machine({}, root=tmp_path, others=others).people) >= {"dora", "emil"}


def test_a_home_folder_that_is_not_called_as_its_account(tmp_path: Path) -> None:
    found = names_of_this_machine({"USER": "dlind", "HOME": "/net/home/Dora Lindqvist"}, root=tmp_path)
    assert {"dlind", "Dora Lindqvist", "Dora", "Lindqvist"} <= set(found.people)
    assert "service" not in names_of_this_machine({"HOME": "/srv/service"}, root=tmp_path).people


def test_a_home_that_all_share_is_none(tmp_path: Path) -> None:
    found = names_of_this_machine({"HOME": "/"}, root=tmp_path)
    assert "/" not in found.homes
    assert "" not in found.homes
