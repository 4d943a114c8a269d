"""A dashboard with a fault of its own: Python runs a sitecustomize.py from PYTHONPATH, which changes its classes once
they are imported. The product has no switch for that."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

REASON = "made by a test"
_HOOK = f'''
import importlib.abc
import importlib.machinery
import sys


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != MODULE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        execute = spec.loader.exec_module
        def run(module):
            execute(module)
            change(getattr(module, "Dashboard", None))
        spec.loader.exec_module = run
        return spec


def fail(*_, **__):
    raise ZeroDivisionError("{REASON}")


def at_call(number, of, name, act):
    """Has the call with that number of a method do something first."""
    calls, method = [0], getattr(of, name)
    def changed(self, *arguments, **named):
        calls[0] += 1
        if calls[0] == number:
            act()
        return method(self, *arguments, **named)
    setattr(of, name, changed)


sys.meta_path.insert(0, Finder())
'''


def environment(env: Mapping[str, str], folder: Path, change: str, when: str = "ovtui.dashboard.app") -> dict[str, str]:
    """`change`: lines that change the class `Dashboard`, with the helpers above. `when`: the module whose import they
    follow."""
    body = textwrap.indent(textwrap.dedent(change).strip(), "    ")
    hook = f"MODULE = {when!r}\n{_HOOK}\n\ndef change(Dashboard):\n    import os, signal, threading\n{body}\n"
    (folder / "sitecustomize.py").write_text(hook)
    return {**env, "PYTHONPATH": str(folder)}
