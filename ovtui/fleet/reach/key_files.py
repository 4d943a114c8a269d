"""The key files of a box: which can be used without a question, and which cannot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import asyncssh

from ovtui.fleet.reach import errors
from ovtui.fleet.reach.ssh_config import Settings

KeyKind = Literal["usable", "encrypted", "public", "hardware", "unreadable"]


@dataclass(frozen=True, slots=True)
class KeyFiles:
    private: list[str]
    public: list[bytes]
    """As an agent names them."""
    text: str
    """What was tried, or why nothing could be, for a sentence."""
    locked: str = ""
    """A file with a passphrase, where no other can be offered."""
    hardware: str = ""
    """A file of a key that lies in a security key (FIDO2)."""

    @classmethod
    def read(cls, settings: Settings) -> KeyFiles:
        private, public, encrypted, bad, hardware = [], [], [], [], ""
        for path in settings.key_files():
            kind, blob = _kind(str(path), _stamp(path))
            if blob:
                public.append(blob)
            if kind == "usable":
                private.append(str(path))
            elif kind == "encrypted":
                encrypted.append(errors.capped(str(path), 100))
            elif kind == "hardware":
                hardware = hardware or str(path)
            elif kind == "unreadable":
                bad.append(errors.capped(str(path), 100))
        texts = [f"offered: {', '.join(errors.capped(path, 100) for path in private)}"] if private else []
        if encrypted:
            texts.append(f"not offered, for their passphrase: {', '.join(encrypted)}")
        if bad:
            texts.append(f"{', '.join(bad)} cannot be read")
        locked = encrypted[0] if encrypted and not private else ""
        return cls(
            private, public, "; ".join(texts) or "no key file is there, and no agent's key did", locked, hardware
        )


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=256)
def _kind(path: str, stamp: int) -> tuple[KeyKind, bytes]:
    """What a file is, and its public half where that is known. Read once for all boxes; `stamp`: of that state."""
    del stamp
    public = _public(f"{path}.pub") or _public(path)
    algorithm = public.get_algorithm() if public else ""
    blob = public.public_data if public else b""
    if algorithm.startswith(("sk-", "webauthn-")):
        return "hardware", blob
    try:
        key = asyncssh.read_private_key(path)
    except asyncssh.KeyEncryptionError:
        return "encrypted", blob
    except (asyncssh.KeyImportError, OSError, ValueError) as error:
        if "assphrase" in str(error):
            return "encrypted", blob
        return ("public" if public else "unreadable"), blob
    if key.get_algorithm().startswith("sk-"):
        return "hardware", key.public_data
    return "usable", key.public_data


def _public(path: str) -> asyncssh.SSHKey | None:
    try:
        return asyncssh.read_public_key(path)
    except (asyncssh.KeyImportError, OSError, ValueError):
        return None
