"""What identifies a machine or a person wherever it stands, without a list of names: addresses of mail, of the network
and of its cards, UUIDs, serial numbers, passwords in URLs."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

MAIL, ADDRESS, ID, SECRET = "<mail>", "<address>", "<id>", "<secret>"
_MAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]+@[a-z0-9\-]+(?:\.[a-z0-9\-]+)+", re.IGNORECASE)
_PASSWORD = re.compile(r"(?<=://)[^/\s:@<>]*:[^/\s@<>]+(?=@)")
_MAC = re.compile(r"(?<![0-9a-f:\-])[0-9a-f]{2}([:\-])(?:[0-9a-f]{2}\1){4,18}[0-9a-f]{2}(?![0-9a-f:\-])", re.IGNORECASE)
_UUID = re.compile(r"(?<![0-9a-f\-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f\-])", re.IGNORECASE)
_SERIAL = re.compile(r"(\bserial(?:[ _-]?(?:number|no|nr)\b)?\.?\"?\s*[=:]\s*\"?)([a-z0-9][\w.\-]{3,})", re.IGNORECASE)
_IPV4 = re.compile(r"(?<![\w.\-+])(?:\d{1,3}\.){3}\d{1,3}(?![\w\-+]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.%])(?=[0-9a-f:]*:[0-9a-f:]*:)[0-9a-f:]{3,39}(?:\.\d{1,3}){0,3}(?![\w:])", re.IGNORECASE)
_VERSION_BEFORE = re.compile(
    r"(?:version|driver|firmware|release|revision|build|runtime|compiler|loader|plugin|package|python|openvino|==|>=|<=|~=|"
    r"\.so\.|[/_]v?)[\"']?[ :=(]*[\"']?v?$",
    re.IGNORECASE,
)
"""What has four numbers, and is told so, is a version."""
_LOOK_BACK = 24
_LEAST_IN_MAC, _IN_UUID, _IN_WHOLE_IPV6 = 5, 4, 6
"""Signs between the parts: a text with fewer has none, which is known at once. An IPv6 address that ends as one of IPv4
has 6."""


def without_addresses(text: str, count: Callable[[str], None], *, versions: bool = False) -> str:
    """`count` is called with what was replaced. `versions`: four numbers are a version here."""

    def put(placeholder: str) -> str:
        count(placeholder)
        return placeholder

    if "@" in text:
        text = _PASSWORD.sub(lambda _: put(SECRET), text)
        text = _MAIL.sub(lambda _: put(MAIL), text)
    dashes, colons = text.count("-"), text.count(":")
    if max(dashes, colons) >= _LEAST_IN_MAC:
        text = _MAC.sub(lambda _: put(ADDRESS), text)
    if dashes >= _IN_UUID:
        text = _UUID.sub(lambda _: put(ID), text)
    if "erial" in text or "ERIAL" in text:
        text = _SERIAL.sub(lambda found: found[1] + put(ID), text)
    if "." in text and not versions:
        text = _IPV4.sub(lambda found: put(ADDRESS) if _is_ipv4(found) else found[0], text)
    if "::" in text or colons >= _IN_WHOLE_IPV6:
        text = _IPV6.sub(lambda found: put(ADDRESS) if _is_ipv6(found[0]) else found[0], text)
    return text


def _is_ipv4(found: re.Match[str]) -> bool:
    before = found.string[max(found.start() - _LOOK_BACK, 0) : found.start()]
    if _VERSION_BEFORE.search(before) and not before.endswith("://"):
        return False
    return _is_someones(found[0])


def _is_ipv6(text: str) -> bool:
    """Not of the words of C++ that are hexadecimal, such as c::add, nor of times, which have no '::' and few parts."""
    if "::" in text and not any(map(str.isdecimal, text)) and not text.lower().startswith("fe80"):
        return False
    return _is_someones(text.rstrip(":") if not text.endswith("::") else text)


def _is_someones(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or str(address) == "255.255.255.255")
