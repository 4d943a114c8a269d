"""Inventories of any text: boxes that can be reached and written down, or one sentence; never anything else."""

from __future__ import annotations

import string
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ovtui.fleet.box import Box, FleetError
from ovtui.fleet.inventory.box_variables import box_of, named
from ovtui.fleet.inventory.ini_text import read_ini
from ovtui.fleet.inventory.listed_json import read_listed
from ovtui.fleet.inventory.ranges import MOST_BOXES, expanded
from ovtui.fleet.inventory.reading import read_boxes
from ovtui.fleet.inventory.ssh_words import ssh_words
from ovtui.fleet.inventory.targets import Target, target_of
from ovtui.fleet.inventory.yaml_text import read_yaml
from ovtui.fleet.watching.file_sd import address

T = TypeVar("T")
WORDS = st.sampled_from(
    ["box1", "a@b:22", "[::1]:22", "ssh://a@b", "-oX=y", "[g]", "[g:vars]", "[g:children]", "[all:vars]", "n[1:3]",
     "n[01:3:0]", "[a:f]", "x='", 'y="a b"', "ansible_port=x", "ansible_host=-x", "ansible_user={{ u }}", "#", ";", "=",
     "ansible_ssh_common_args='-o A=b -J c d'", "ovtui_path=/x", "\x00", "\x1b[2J", "\u202e", "..", "/", "é"]
)  # fmt: skip
LINES = st.lists(st.one_of(st.lists(WORDS, max_size=4).map(" ".join), st.text(max_size=30)), max_size=8).map("\n".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["hosts", "children", "vars", "all", "_meta", "hostvars", "box1", "ansible_port", "ansible_host", "-x",
             "ansible_user", "ansible_ssh_common_args", "ansible_connection", "ovtui_ssh", "ansible_group_priority"]
        ),
        inner, max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip
NAMES = st.text(string.ascii_letters + string.digits + ".-_", min_size=1, max_size=20).filter(
    lambda name: not name.startswith("-")
)


def answer_of(read: Callable[[], T]) -> T | None:
    """None where it is refused, in one sentence."""
    try:
        return read()
    except FleetError as error:
        sentence = str(error)
    assert sentence
    assert sentence.isprintable()
    return None


def assert_well(boxes: list[Box]) -> None:
    """Nothing in them is an option of ssh, leaves a folder, or is obeyed by a terminal."""
    assert len({box.name for box in boxes}) == len(boxes)
    for box in boxes:
        for word in (box.name, box.address, box.user, box.ovtui, box.python):
            assert not word.startswith("-")
            assert word.isprintable()
        assert "/" not in box.name
        assert box.name not in ("", ".", "..")
        assert not any(map(str.isspace, (box.address or box.name) + box.user))
        assert box.port is None or 0 < box.port < 65536


@given(LINES)
@example("[g]\nbox1\n[g:vars]\nansible_group_priority=x\n")
@example("a ansible_port=True\n")
def test_a_text_is_boxes_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any-inventory"
    try:
        path.write_text(text, encoding="utf-8")
    except UnicodeEncodeError:
        return
    boxes = answer_of(lambda: read_boxes([str(path)], (), ()))
    assert boxes != []
    assert_well(boxes or [])


@given(st.one_of(LINES, VALUES.map(repr)))
def test_yaml_of_any_text_is_an_inventory_or_a_sentence(text: str) -> None:
    answer_of(lambda: read_yaml(text, "h.yml").entries())


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_what_a_program_tells_is_boxes_or_a_sentence(listed: dict[str, object]) -> None:
    boxes = answer_of(lambda: [box_of(each)[0] for each in named(read_listed(listed, "it").entries())])
    assert_well(boxes or [])


@given(NAMES, st.none() | st.integers(1, 65535), st.sampled_from(["", "ann", "a.b"]), st.booleans())
def test_a_word_that_names_a_box_is_taken_apart(host: str, port: int | None, user: str, scheme: bool) -> None:
    word = f"{'ssh://' if scheme else ''}{f'{user}@' if user else ''}{host if port is None else address(host, port)}"
    assert target_of(word) == Target(host, port, user)


@given(st.ip_addresses(v=6).map(str), st.integers(1, 65535))
def test_an_address_of_ipv6_with_and_without_a_port(host: str, port: int) -> None:
    assert target_of(host) == Target(host)
    assert target_of(address(host, port)) == Target(host, port)


@given(NAMES, st.integers(0, 40), st.integers(0, 40), st.integers(1, 9), st.integers(0, 3))
def test_a_range_has_what_it_says(name: str, first: int, more: int, step: int, width: int) -> None:
    last = first + more
    digits = max(width, len(str(last))) if width else 1
    found = expanded(f"{name}[{first:0{digits}}:{last:0{digits}}:{step}].lab")
    assert found == [f"{name}{number:0{digits}}.lab" for number in range(first, last + 1, step)]


@given(st.text("[]:0123456789ab", max_size=30))
def test_any_range_ends(pattern: str) -> None:
    names = answer_of(lambda: expanded(pattern))
    assert names is None or 1 <= len(names) <= MOST_BOXES


@given(
    st.text(max_size=40) | st.lists(st.sampled_from(["-o", "A=b", "-N", "-4C", "x", "-p22", "-J", "j"])).map(" ".join)
)
def test_words_for_ssh_name_no_host_and_no_command(text: str) -> None:
    found = answer_of(lambda: ssh_words(text))
    words = list(found.words) if found else []
    while words:
        option = words.pop(0)
        assert option[0] == "-"
        assert len(option) == 2
        assert option[1] not in "fNnstTWOVGQ"
        if option[1] in "bcilmopBFIJPSLRD":
            words.pop(0)


def test_ini_of_many_groups_is_read_in_one_pass(tmp_path: Path) -> None:
    """10,000 boxes and a chain of 2,000 groups: no recursion, and no time that grows with the square."""
    chain = "".join(f"[g{at}:children]\ng{at + 1}\n" for at in range(2000)) + "[g2000]\nn[1:10000]\n"
    entries = read_ini(chain, "hosts").entries()
    assert len(entries) == 10_000
    assert len(entries[0].groups) == 2001
