"""Processes that stand still in ways of which the cause is known."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

HEAD = """
import ctypes, os, sys, threading, time
from ovtui.records import stack_dump
stack_dump.register()
def ready():
    print("ready", flush=True)
"""
KINDS = {
    "sleeps": """
def waits_for_nothing():
    ready()
    threading.Event().wait()
waits_for_nothing()
""",
    "computes": """
def turns_in_a_circle():
    ready()
    while True:
        pass
turns_in_a_circle()
""",
    "holds the lock": """
# PyDLL keeps Python's lock while the C function runs.
def calls_native_code():
    ready()
    time.sleep(0.2)
    ctypes.PyDLL(None).pause()
def wants_the_lock():
    while True:
        time.sleep(0.001)
threading.Thread(target=wants_the_lock, daemon=True).start()
calls_native_code()
""",
    "computes with the lock": """
# A search that takes minutes, in C, with Python's lock held.
import re
def calls_native_code():
    ready()
    re.match("(a+)+$", "a" * 60 + "b")
calls_native_code()
""",
    "deadlock": """
first, second = threading.Lock(), threading.Lock()
def takes(one, other, done):
    with one:
        done.set()
        both.wait()
        with other:
            pass
both = threading.Event()
def other_way_round():
    takes(second, first, threads[1])
threads = threading.Event(), threading.Event()
threading.Thread(target=other_way_round, daemon=True).start()
def main_way():
    with first:
        threads[1].wait()
        both.set()
        ready()
        with second:
            pass
main_way()
""",
}


@contextlib.contextmanager
def stuck_process(kind: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of that kind, once it has said that it is ready."""
    command = [sys.executable, "-c", HEAD + KINDS[kind]]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()
