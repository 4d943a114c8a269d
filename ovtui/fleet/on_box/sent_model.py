"""A model of this machine on a box: sent once, found again by what is in it, checked when it is there."""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from ovtui.fleet.box import Box, BoxError, FleetError
from ovtui.fleet.on_box.asking import error_of
from ovtui.fleet.on_box.file_facts import HASH_S, TELL, read_facts
from ovtui.fleet.on_box.looking import OnBox
from ovtui.fleet.on_box.script import quoted_word
from ovtui.fleet.reach.line import Line, Progress
from ovtui.host.asked_processes import Asked, ask_all
from ovtui.records.model_parts import ModelParts
from ovtui.records.odd_names import from_json, to_json

ASK_S = 60.0


class SentFile(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    """Relative to the model's folder."""
    bytes: int
    sha256: str


class SentModel(msgspec.Struct, frozen=True, kw_only=True):
    folder: str
    """Here."""
    main: str
    files: tuple[SentFile, ...]

    @property
    def key(self) -> str:
        """Of its content and its files' names: the name of its folder on a box."""
        listed = "".join(f"{file.sha256} {file.name}\n" for file in self.files)
        return hashlib.sha256(listed.encode(errors="surrogateescape")).hexdigest()[:16]

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    def path_on(self, on_box: OnBox) -> str:
        """What the model is called on the box."""
        folder = PurePosixPath(on_box.models) / self.key
        if self.main == ".":  # a folder is known by its name
            return str(folder / (PurePosixPath(self.folder).name or "model"))
        return str(folder / self.main)

    def paths_on(self, on_box: OnBox) -> list[str]:
        base = PurePosixPath(self.path_on(on_box)) if self.main == "." else PurePosixPath(on_box.models) / self.key
        return [str(base / file.name) for file in self.files]


class ModelChanged(FleetError):
    """The model has other bytes than when the run began."""


class ModelUnusable(FleetError):
    """There is no such model, or one that cannot be sent. `misused`: what was given for it is wrong."""

    def __init__(self, text: str, *, misused: bool) -> None:
        super().__init__(text)
        self.misused = misused


def read_model(name: str) -> SentModel | None:
    """The files of a model of this machine, with their hashes; None for a built-in one. Blocks: the files are read
    whole. Raises ModelUnusable."""
    command = [sys.executable, "-m", "ovtui.engine.model.model_parts_child"]
    done = ask_all([Asked("model", command, to_json(name), limit_s=ASK_S, max_output_bytes=4 << 20)])["model"]
    try:
        parts = from_json(msgspec.json.Decoder(ModelParts), done.stdout)
    except msgspec.MsgspecError:
        raise ModelUnusable(f"{name}: its files cannot be told ({done.words})", misused=False) from None
    if parts.problem:
        raise ModelUnusable(parts.problem, misused=parts.misused)
    if not parts.main:
        return None
    try:
        files = tuple(_read_file(Path(parts.folder) / each, each) for each in parts.files)
    except OSError as error:
        raise ModelUnusable(f"{error.filename}: cannot be read: {error.strerror}", misused=False) from None
    return SentModel(folder=parts.folder, main=parts.main, files=files)


def _read_file(path: Path, name: str) -> SentFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return SentFile(name=name, bytes=file.tell(), sha256=digest.hexdigest())


def there_script(paths: Sequence[str], folder: str, *, hashed: bool) -> str:
    """Makes the folders, and tells of each path its size and, unless it was checked before, its hash."""
    folders = sorted({str(PurePosixPath(path).parent) for path in paths})
    made = " ".join(map(quoted_word, folders))
    mark = quoted_word(f"{folder}/.checked")
    lines = "".join(
        f'tell {number} {quoted_word(path)} "$hashed"\n' for number, path in enumerate(paths)
    )  # fmt: skip
    always = "hashed=yes" if hashed else f"if [ -f {mark} ]; then hashed=no; else hashed=yes; fi"
    return f'LC_ALL=C; export LC_ALL\numask 077\nmkdir -p -- {made} || exit 73\n{TELL}{always}\necho "$hashed"\n{lines}'


def checked_script(folder: str) -> str:
    """The model is there, whole; what other transfers of it have left for a day goes."""
    named = quoted_word(folder)
    return f"umask 077\n: >{named}/.checked\nfind {named} -name '*.part' -mtime +0 -exec rm -f {{}} +\nexit 0\n"


async def send_model(
    line: Line,
    box: Box,
    on_box: OnBox,
    model: SentModel,
    *,
    sent_for: str,
    progress: Progress | None = None,
    sending: Callable[[], None] = lambda: None,
) -> str:
    """Brings the model to the box, unless it is there, and returns its path there. `sending` is called before the first
    byte is sent; `progress` gets the bytes of the whole model. `sent_for`: name of the run; boxes that share a HOME and
    other controllers send the same model beside it, each under a name of its own until it is whole. Raises BoxError,
    and ModelChanged."""
    folder, paths = f"{on_box.models}/{model.key}", model.paths_on(on_box)
    mark = hashlib.sha256(f"{sent_for}\n{box.name}".encode(errors="surrogateescape")).hexdigest()[:12]
    missing = await _missing(line, box, model, paths, folder, hashed=False)
    if missing is None:
        return model.path_on(on_box)
    for last in (False, True):
        if missing:
            needed_kb = sum(model.files[number].bytes for number in missing) >> 10
            if on_box.free_kb is not None and needed_kb > on_box.free_kb:
                raise BoxError(
                    "full-disk",
                    f"its disk is full: the model needs {needed_kb >> 10:,} MiB and {on_box.free_kb >> 10:,} are left; "
                    "make room there and run it again",
                )
            sending()
            done = model.bytes - sum(model.files[number].bytes for number in missing)
            for number in missing:
                file = model.files[number]
                _require_unchanged(model, file)
                await line.send(
                    Path(model.folder) / file.name, paths[number], mark=mark,
                    progress=_whole(progress, done, model.bytes),
                )  # fmt: skip
                done += file.bytes
            missing = await _missing(line, box, model, paths, folder, hashed=True) or []
        if not missing:
            await line.run(checked_script(folder))
            return model.path_on(on_box)
        if last:
            break
    raise BoxError("failed", "the model arrived there with other bytes, twice; look at its disk, or at the file here")


def _whole(progress: Progress | None, before: int, whole: int) -> Progress | None:
    if progress is None:
        return None
    return lambda done, _: progress(before + done, whole)


def _require_unchanged(model: SentModel, file: SentFile) -> None:
    path = Path(model.folder) / file.name
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ModelChanged(f"{path}: cannot be read any more: {error.strerror}") from None
    if size != file.bytes:
        raise ModelChanged(f"{path}: has changed since the run began; begin a new one")


async def _missing(
    line: Line, box: Box, model: SentModel, paths: Sequence[str], folder: str, *, hashed: bool
) -> list[int] | None:
    """The numbers of the files that are not there as they should be; None where all were checked before."""
    script = there_script(paths, folder, hashed=hashed)
    answer = await line.run(script, silence_s=math.inf, whole_s=HASH_S, most_bytes=1 << 20)
    if answer.status:
        raise error_of(box, answer.status, answer.stderr, "its sh")
    found = read_facts(answer.stdout)
    missing = [
        number
        for number, file in enumerate(model.files)
        if (got := found.get(number)) is None or got.bytes != file.bytes or got.sha256 not in ("", file.sha256)
    ]
    return None if answer.stdout.startswith(b"no\n") and not missing else missing
