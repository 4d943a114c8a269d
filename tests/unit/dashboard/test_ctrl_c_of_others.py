"""Whose a ctrl+c is while another program has the terminal."""

from __future__ import annotations

import os
import queue
import signal

from ovtui.dashboard.terminal.end_watch import EndWatch


def test_what_came_before_it_is_taken_back_is_the_others() -> None:
    noted: queue.SimpleQueue[int] = queue.SimpleQueue()
    watch = EndWatch(noted.put, lambda _: None)
    watch._pipe = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    watch.leave_ctrl_c_to_others()
    # The thread is late: all of it stands in the pipe before it reads any.
    watch._write(signal.SIGINT)
    watch.take_ctrl_c_back()
    watch._write(signal.SIGTERM)
    watch._write(signal.SIGINT)
    watch._write(0)
    watch._watch()
    assert (noted.get_nowait(), watch.signal) == (signal.SIGTERM, signal.SIGTERM)
    for fd in watch._pipe:
        os.close(fd)


def test_what_comes_after_it_is_ours() -> None:
    noted: queue.SimpleQueue[int] = queue.SimpleQueue()
    watch = EndWatch(noted.put, lambda _: None)
    watch._pipe = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    watch.leave_ctrl_c_to_others()
    watch.take_ctrl_c_back()
    watch._write(signal.SIGINT)
    watch._write(0)
    watch._watch()
    assert (noted.get_nowait(), watch.signal) == (signal.SIGINT, signal.SIGINT)
    for fd in watch._pipe:
        os.close(fd)


def test_it_may_be_taken_back_when_the_watch_is_over() -> None:
    watch = EndWatch(lambda _: None, lambda _: None)
    with watch:
        watch.leave_ctrl_c_to_others()
    watch.take_ctrl_c_back()
