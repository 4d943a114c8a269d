"""Words that a bundle's texts are made of. A person or a machine may be called so ('model', 'gpu', 'a'): replaced
everywhere, such a name would destroy the texts and the keys of the JSON, so it is replaced only where it stands as a
name."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

SHORTEST_NAME = 3
"""Characters. A shorter name is taken for a word."""

_WORDS = """
accel access account action active address admin advice after all allocator always and any api app applied archive
arrival ask asked async auto available average backend balanced base batch batched before began begin benchmark bin
bind block blocks boot both box brand broken buffer build built bundle bus bytes cache call card cat center cgroup
change char check child class clear clearly client clock closed cluster code command common compile compiled compiler
config connection container copy core cores count cpu crash cumulative current cut daemon data date debian debug
default demo denied desktop detach dev device devices diagnosis direct directory disk distribution docker doctor done
double down dri driver drm due dummy duration dynamic empty enabled end ended engine engines entry environment error
errors event events every exact example execution exit expected export extension external fail failed failure false
fast fault fd fedora feature field file files find fine first fixed flag flags float folder for force format free freq
frequency from full function gcc general generic get good gpio gpu graph group groups guest had half hand handle
handover has have header help high hint history home host hosts hot hub icd idle image import index inference infer
info init input inputs inspect install int integer intel interface internal interrupt invalid item items job json
kernel key keys kind kvm large last latency layer layout left legacy level lib library limit line link links linux
list live load loaded loader local lock log long loop lost low lower machine mail main make manifest many map mark
master match max maximum mean median memory message meta mode model models module modules mount name names native net
network never new next no node nodes none normal not note npu null number numpy object off old one onnx only open
opencl opened openvino operation option options order other out output outputs over overlay ovtui own package page
parameter part parts pass path paths peak pending percent performance person pid pin pinned pip pipe place plain plan
plugin plus point policy pool port ports power precision preset presets print private process processes profile
program progress properties property protocol provider public pull push python query queue quota random range rate raw
reached read reader ready real reason record recorded recording recordings refused release remote remove render replay
report request requests reset resident resource rest result results root row rows rule run running runtime safe same
sample save saved scale scheduler schema script second seconds section seed segment select send serial serve served
server service serving session sessions set setting settings shape shared shed shell show shown side signal silent
simple single size slot slow small socket software some source space span speed stack stand stall stalled start
started starting state states static station status std step stop stopped storage stream streams string stuck
submitted such sudo summary support supported swap sync system table tag target task temperature temporary tensor term
test tests text texts that the thread threads throttle throttled throughput ticket time timer times title tmp token
tokens tool top torch total trace transport trial true turbo two type types ubuntu udev uint unit unix unknown until
unused up update upper usage use used user users usr utf value values var variable verbose version versions video view
virtual void volume wait waiting warm warning watch width window with without word work worker workers workspace
workstation wrap write written wrong year yes young zero
"""
_TRADES = (
    "cloud compute computer computing deep edge lab laboratory learning machine research robot science student vision"
)
_PART = re.compile(r"[\W_]+")
_DEVICE_WORDS = (
    "arc batch hetero multi nvidia amd ryzen core xeon iris uhd meteor lunar arrow alder raptor bmg dg npu vpu"
)
_VALUES = (
    "bf16 bool boolean burst closed constant dict double f16 f32 f64 float i16 i32 i64 i8 nf4 poisson ramp steps "
    "string trace tuple witness settable unread problem u16 u32 u64 u8 undefined"
)
"""Of settings, properties and ports."""
_DISTRIBUTIONS = (
    "alpine amazon arch centos debian fedora gentoo localhost localdomain mint nixos opensuse oracle redhat rocky suse"
)

_MODULES = (
    "ovtui.records.events", "ovtui.records.machine_readings", "ovtui.records.doctor", "ovtui.records.diagnosis",
    "ovtui.records.inspection", "ovtui.records.device_listing", "ovtui.metrics.result.schema",
)  # fmt: skip
"""Whose structs a bundle's JSON is made of."""


@cache
def common_words() -> frozenset[str]:
    """In small letters, with the names of fields and kinds that ovtui's own JSON has."""
    for module in _MODULES:
        importlib.import_module(module)
    found = set(" ".join((_WORDS, _DEVICE_WORDS, _DISTRIBUTIONS, _TRADES, _VALUES)).split())
    found.update(word for struct in _structs(msgspec.Struct) for word in _words_of(struct))
    parts = (part for word in found for part in _PART.split(word))  # cpu_mhz: a person may be called mhz
    return frozenset(word.casefold() for word in (*found, *parts) if word)


def is_common(name: str) -> bool:
    """Whether a name may be a word of the texts."""
    return len(name) < SHORTEST_NAME or name.casefold() in common_words() or name.isdecimal()


def _structs(base: type) -> Iterator[type]:
    """Of all modules that are imported."""
    below: list[type] = base.__subclasses__()
    for struct in below:
        yield struct
        yield from _structs(struct)


def _words_of(struct: type) -> Iterator[str]:
    yield from getattr(struct, "__struct_fields__", ())
    tag = getattr(getattr(struct, "__struct_config__", None), "tag", None)
    if isinstance(tag, str):
        yield tag
    try:
        annotations = get_type_hints(struct, include_extras=True)
    except NameError:  # of a type that is imported for the type checker alone
        return
    for annotation in annotations.values():
        yield from _literals(annotation)


def _literals(annotation: Any) -> Iterator[str]:
    """The texts that a field may have, which are no free text."""
    if get_origin(annotation) is Literal:
        yield from (text for text in get_args(annotation) if isinstance(text, str))
    for part in get_args(annotation):
        yield from _literals(part)
