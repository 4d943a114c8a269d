"""The wheel of this very ovtui: of the index, built of the checkout that it is, or packed anew of what is installed."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ovtui import __version__
from ovtui.fleet.box import FleetError
from ovtui.fleet.push.pip_download import download, missing_index, run_pip
from ovtui.fleet.push.repacking import repacked_wheel
from ovtui.fleet.push.target import Target
from ovtui.settings.shown_text import in_quotes, shown

_BUILD_S = 300.0


def make_own_wheel(into: Path, target: Target, *, from_index: bool = True) -> Path:
    """Puts it into the folder, whose file system it may be renamed within. Blocks. Raises FleetError, OSError."""
    distribution = _distribution()
    origin = _origin(distribution)
    with tempfile.TemporaryDirectory(dir=into, prefix=".own-") as name:
        folder = Path(name)
        made = _made(folder, distribution, origin, target, from_index=from_index)
        kept = into / made.name
        made.replace(kept)
    return kept


def _made(
    folder: Path, distribution: importlib.metadata.Distribution | None, origin: dict[str, object] | None,
    target: Target, *, from_index: bool,
) -> Path:  # fmt: skip
    checkout = _checkout(origin)
    if distribution is None or checkout is not None:
        return _built(checkout or Path(__file__).parents[3], folder)
    if origin is None and from_index:
        try:
            download(target, [f"ovtui=={__version__}", "--no-deps"], folder)
            return _only_wheel(folder, "the index")
        except FleetError as error:
            if not missing_index(error, "ovtui"):
                raise
    metadata = Path(str(distribution.locate_file(f"ovtui-{distribution.version}.dist-info")))
    return repacked_wheel(metadata, folder)


def _distribution() -> importlib.metadata.Distribution | None:
    try:
        return importlib.metadata.distribution("ovtui")
    except importlib.metadata.PackageNotFoundError:
        return None


def _origin(distribution: importlib.metadata.Distribution | None) -> dict[str, object] | None:
    """Where pip had it from; None where that was an index."""
    text = distribution.read_text("direct_url.json") if distribution is not None else None
    try:
        found = json.loads(text or "null")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _checkout(origin: dict[str, object] | None) -> Path | None:
    """The folder that an editable installation leads to."""
    if origin is None:
        return None
    info, address = origin.get("dir_info"), urlsplit(str(origin.get("url")))
    if not isinstance(info, dict) or not info.get("editable") or address.scheme != "file":
        return None
    return Path(unquote(address.path))


def _built(checkout: Path, folder: Path) -> Path:
    """By hatchling where it is installed here, else by pip, which fetches it."""
    if not (checkout / "pyproject.toml").is_file():
        raise FleetError(f"this ovtui is no installed one, and no checkout either: {checkout} has no pyproject.toml")
    if importlib.util.find_spec("hatchling") is not None:
        command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
        done = subprocess.run(
            command, cwd=checkout, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            check=False, timeout=_BUILD_S,
        )  # fmt: skip
    else:
        words = ["wheel", "--no-deps", "--quiet", "--disable-pip-version-check", "-w", str(folder), str(checkout)]
        done = run_pip({}, words)
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        told = shown(lines[-1])[:300] if lines else f"it ended with {done.returncode}"
        raise FleetError(f"no wheel of the checkout {in_quotes(str(checkout))} could be built: {told}")
    return _only_wheel(folder, "the build")


def _only_wheel(folder: Path, where: str) -> Path:
    found = sorted(folder.glob("ovtui-*.whl"))
    if len(found) != 1:
        raise FleetError(f"{where} gave {len(found)} wheels of ovtui instead of one")
    return found[0]
