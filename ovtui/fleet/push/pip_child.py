"""pip for another machine: `python -m ovtui.fleet.push.pip_child MARKERS ARGUMENT...`, MARKERS as JSON.

pip takes wheels for another platform by its options, yet evaluates the markers of requirements ('platform_machine ==
"aarch64"') for the interpreter that it runs in. They are set here; a pip in which that has no effect is told of."""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

NO_PIP, OTHER_PIP = 90, 91
"""Exit codes: no pip is installed; its markers cannot be set."""


def main() -> int:
    markers: dict[str, str] = json.loads(sys.argv[1])
    try:
        module: Any = importlib.import_module("pip._vendor.packaging.markers")
        pip_main = importlib.import_module("pip._internal.cli.main").main
    except ImportError:
        return NO_PIP
    ordinary = getattr(module, "default_environment", None)
    if ordinary is None:
        return OTHER_PIP
    module.default_environment = lambda: {**ordinary(), **markers}
    for name, value in markers.items():
        if not module.Marker(f'{name} == "{value}"').evaluate():
            return OTHER_PIP
    sys.argv = ["pip", *sys.argv[2:]]
    return int(pip_main(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
