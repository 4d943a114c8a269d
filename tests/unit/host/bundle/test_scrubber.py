"""What is left out of texts and JSON, and what stays."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pytest

from ovtui.host.bundle.private_names import PrivateNames
from ovtui.host.bundle.scrubber import Scrubber
from ovtui.records.events import Event
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.session_file.shipped import shipped_recordings

NAMES = PrivateNames(
    people=("anna", "model", "a", "Anna Müller", "m\udcfcller"),
    hosts=("box1.corp.example.com", "box1"),
    domains=("corp.example.com",),
    homes=("/home/anna", "/srv/people/anna", "/root"),
    ids=("4c4c45440042",),
)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("anna and ANNA said", "<user> and <user> said"),
        ("annabelle, hannah, Xanna", "annabelle, hannah, Xanna"),
        ("anna_models x-anna anna.xml", "<user>_models x-<user> <user>.xml"),
        ("by Anna Müller", "by <user-4>"),
        ("ANNA MU\u0308LLER", "<user-4>"),
        ("/home/anna/m.xml", "~/m.xml"),
        ("/home/anna", "~"),
        ("/srv/people/anna/m.xml:/root/x", "~/m.xml:~/x"),
        ("file:///root/x", "file://~/x"),
        ("/data/root/x /proc/1/root/x", "/data/root/x /proc/1/root/x"),
        ("-I/root/include -L/home/anna/lib", "-I~/include -L~/lib"),
        ("/home/bob/x /home/carl/y /home/bob", "/home/<user-6>/x /home/<user-7>/y /home/<user-6>"),
        ("/var/home/bob/x", "/var/home/<user-6>/x"),
        (r"C:\Users\bob\x and /Users/bob/x", r"C:\Users\<user-6>\x and /Users/<user-6>/x"),
        (r"\nanna\n/home/anna/x", r"\n<user>\n~/x"),
        ("%2Fhome%2Fanna%2Fx%20anna", "~%2Fx%20<user>"),
        (r"\/home\/anna\/x", r"~\/x"),
        (r"\u0061nna and m\xfcller, m%FCller, M\udcfcller", "<user> and <user-5>, <user-5>, <user-5>"),
        ("m\udcfcller", "<user-5>"),
        ("Box1.corp.example.com, BOX1, other.corp.example.com", "<host>, <host-2>, other.<domain>"),
        ("anna@box1 anna@box1.corp.example.com", "<user>@<host-2> <mail>"),
        ("10.0.0.7:5022 and 192.168.1.20.", "<address>:5022 and <address>."),
        ("2026.4.1.0, 24.39.31294.20, driver 1.13.0.2, openvino==1.2.3.4", None),
        ("127.0.0.1 0.0.0.0 0000:03:00.0 12:34:56 c::add ::1", None),
        ("fe80::1ff:fe23:4567:890a%eth0 2001:db8::8", "<address>%eth0 <address>"),
        ("00:1a:2b:3c:4d:5e", "<address>"),
        ("serial: WX1234, 4c4c45440042", "serial: <id>, <id>"),
        ("root=UUID=0f3dbb2b-1f0c-4c3e-9f0f-6f9d1a6f1c11", "root=UUID=<id>"),
        ("https://anna:geheim@box1/x", "https://<secret>@<host-2>/x"),
        ("a model of a kind, models", None),
        ("/data/model/m.xml /usr/share/model/x /mnt/models", "/data/<user-2>/m.xml /usr/share/model/x /mnt/models"),
        ("user=model uid=1000(model) model@box1 /home/model/x", "user=<user-2> uid=1000(<user-2>) <user-2>@<host-2> "
         "/home/<user-2>/x"),
    ],
)  # fmt: skip
def test_text(text: str, cleaned: str | None) -> None:
    assert Scrubber(NAMES).text(text) == (text if cleaned is None else cleaned)


def test_what_is_left_out_stays_as_it_is() -> None:
    scrubber = Scrubber(NAMES)
    text = scrubber.text("anna@box1 /home/anna/x /home/bob 10.0.0.7 a@b.de")
    assert scrubber.text(text) == text


def test_json_keeps_its_keys_and_its_numbers() -> None:
    scrubber = Scrubber(NAMES)
    value = {"model": "/home/anna/model.xml", "anna": [1, None, 2.5, True], "driver_version": "1.2.3.4", "serial": "X"}
    cleaned = {"model": "~/model.xml", "<user>": [1, None, 2.5, True], "driver_version": "1.2.3.4", "serial": "<id>"}
    assert scrubber.value(value) == cleaned
    assert scrubber.counts == {"paths under home": 1, "names of people": 1, "ids of the machine": 1}
    json.dumps(scrubber.value(value))


@pytest.mark.parametrize(
    "name", ["model", "a", "gpu", "device", "kind", "segment", "stopped", "0", "intel", "user", "host"]
)
def test_a_name_that_is_a_word_destroys_no_json(name: str) -> None:
    scrubber = Scrubber(PrivateNames(people=(name,), hosts=(name,)))
    value = {
        "kind": "load-ended",
        "reason": "stopped",
        "device": "GPU",
        "model": "a",
        "segment": 0,
        "text": f"x {name} y",
    }
    assert scrubber.value(value) == value
    assert scrubber.text(f"/home/{name}/x") == "/home/<user>/x"
    assert scrubber.common == 2


def test_a_letter_that_is_two_in_capitals() -> None:
    scrubber = Scrubber(PrivateNames(people=("großß",)))
    assert scrubber.text("großß GROSSSS Grossß großSS") == "<user> <user> <user> <user>"


def test_no_names_at_all() -> None:
    assert Scrubber(PrivateNames()).text("anna has 3 models on box1") == "anna has 3 models on box1"


def words_of(text: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"[A-Za-z0-9]+", text)}


def keys_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from keys_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from keys_of(each)


@pytest.mark.parametrize("recording", ["batch-timeout-1000", "auto-batching-simulated-gpu"])
def test_a_person_called_as_any_word_of_a_recording_destroys_no_event_and_no_key(recording: str) -> None:
    with closing(SessionReader(str(shipped_recordings()[recording]))) as file:
        events = [msgspec.to_builtins(event, str_keys=True) for _, event in file.events()]
    kinds = {event["kind"]: event for event in events}  # one of each
    for word in sorted(words_of(json.dumps(list(kinds.values())))):
        scrubber = Scrubber(PrivateNames(people=(word,), hosts=(word,)))
        for event in kinds.values():
            cleaned = scrubber.value(event)
            assert cleaned["kind"] == event["kind"], word
            msgspec.convert(cleaned, Event, str_keys=True)
            properties = {"values", "properties", "available"}
            if not properties & event.keys():
                assert list(keys_of(cleaned)) == list(keys_of(event)), word


def test_the_words_of_all_parts_are_known_from_the_start() -> None:
    """Also before the modules that make the parts are imported."""
    words = [
        "first_cause",
        "follows_from",
        "settable",
        "wchan",
        "latency_ms",
        "mhz",
        "request_shape",
        "cumulative",
        "rss",
    ]
    look = f"from ovtui.host.bundle.common_words import is_common; assert all(map(is_common, {words!r}))"
    subprocess.run([sys.executable, "-c", look], check=True)
