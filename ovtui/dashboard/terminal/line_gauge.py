"""How fast the line to the terminal is, found by asking the terminal after each frame whether it is well (DSR).

SSH takes megabytes before a write blocks: 64 kB and more wait in sockets and in its window, seconds of a slow line, and
each key's answer waits behind them. What the terminal has answered to has arrived. So a frame is sent when the line has
carried the ones before it, or is about to: what is on its way is at most what the line carries within its round trip
and 0.1 s. A terminal that has never answered is drawn on as fast as it takes what is written. tmux answers in place of
the terminal behind it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from textual.message import Message

QUESTION, ANSWER = "\x1b[5n", "\x1b[0n"
"""DSR, 'report your status'; 'I am well'. Not the cursor's place, whose answer is a key (F3) on some terminals."""
GIVEN_UP_S = 5.0
"""An answer that is not there after this time may never come: one frame is sent without it."""
MOST_GIVEN_UP = 12
"""So many in succession: the terminal is taken for one that does not answer."""
QUEUE_S = 0.1
"""What may wait on the line when a frame is sent, as time that the line needs for it."""
SHORT_TRIP_S = 0.05
"""Where an answer comes sooner, a frame waits for the one before it to be answered."""
OVERDUE_S = 0.2
"""An answer that is so late: the line carries nothing at present."""
_TOLERANCE_S = 0.02
"""Of an answer's time: terminals that draw 60 times a second answer as often."""
_LEAST_BYTES = 1024
"""Smaller frames tell nothing of a line's rate: what they take is the terminal's own time."""
_SAMPLES = 8
_SLOW_BELOW, _FREE_FROM = 1.5, 2.5
"""A line is slow where it carries less than so many times the bytes a second of the chosen pace, and no longer where it
carries more than so many times."""
_LEAST_WAIT_S, _LONGEST_WAIT_S = 0.3, 2.0
"""At the end of the screen."""
_FRAMES = 8
"""So many frames make the mean of their bytes."""


class LineAnswer(Message):
    """The terminal has answered. For the driver, which keeps it."""


class _Sent(NamedTuple):
    at_s: float
    bytes: int


class LineGauge:
    """Owner: the driver. `asked` and what is read: the app's thread; `answered`: the thread that reads the input."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Condition()
        self._unanswered: deque[_Sent] = deque()
        self._answered_s = float("-inf")
        self._round_trip_s = float("inf")
        self._samples: deque[tuple[int, float]] = deque(maxlen=_SAMPLES)
        """Bytes, and seconds in which the line carried them."""
        self._frames: deque[int] = deque(maxlen=_FRAMES)
        self.answers = False
        """The terminal answers, as far as is known."""
        self._given_up = 0
        """Answers in succession that did not come."""
        self._slow_need = 0.0
        """Bytes a second of the chosen pace, for which the line was too slow; 0 where it is fast enough."""

    def asked(self, count: int) -> None:
        """So many bytes were sent, the question last."""
        with self._lock:
            self._unanswered.append(_Sent(self._clock(), count))
            self._frames.append(count)

    def answered(self) -> None:
        now_s = self._clock()
        with self._lock:
            if not self._unanswered:
                return
            sent = self._unanswered.popleft()
            self.answers, self._given_up = True, 0
            taken_s = now_s - sent.at_s
            self._round_trip_s = min(self._round_trip_s, taken_s)
            if sent.bytes >= _LEAST_BYTES:
                began_s = max(sent.at_s + self._round_trip_s, self._answered_s)
                self._samples.append((sent.bytes, max(now_s - began_s - _TOLERANCE_S, 0)))
            self._answered_s = now_s
            self._lock.notify_all()

    def is_open(self) -> bool:
        """A frame may be sent now: the line has carried what was sent before, or will have within QUEUE_S."""
        with self._lock:
            if not self.answers or not self._unanswered:
                return True
            if self._clock() - self._unanswered[0].at_s >= GIVEN_UP_S:
                self._unanswered.clear()
                self._given_up += 1
                self.answers = self._given_up < MOST_GIVEN_UP
                return True
            rate = self._rate()
            if rate is None or self._round_trip_s < SHORT_TRIP_S:
                return False
            on_the_way = sum(sent.bytes for sent in self._unanswered)
            due_s = self._unanswered[0].at_s + self._round_trip_s + on_the_way / rate
            carries = self._clock() < due_s + OVERDUE_S
            return carries and on_the_way + self._mean_frame() <= rate * (self._round_trip_s + QUEUE_S)

    def _rate(self) -> float | None:
        """Bytes a second; None where it is not known."""
        if not self._samples:
            return None
        carried = sum(count for count, _ in self._samples)
        return carried / max(sum(taken_s for _, taken_s in self._samples), 1e-3)

    def _mean_frame(self) -> float:
        """Bytes of a frame, without the greatest of the last ones: a first paint, another view."""
        usual = sorted(self._frames)[: max(len(self._frames) - 1, 1)]
        return sum(usual) / max(len(usual), 1)

    def is_slow(self, chosen_hz: float) -> bool:
        """The line does not carry frames at the chosen pace and leave room for answers to keys."""
        with self._lock:
            rate = self._rate()
            if not self.answers or rate is None or len(self._frames) < _FRAMES:
                return self._slow_need > 0
            if self._slow_need == 0:
                need = self._mean_frame() * chosen_hz
                self._slow_need = need if rate < _SLOW_BELOW * need else 0.0
            elif rate > _FREE_FROM * self._slow_need:
                self._slow_need = 0.0
            return self._slow_need > 0

    def wait_for_answers(self) -> None:
        """At the end of the screen: an answer that comes later would be written into the shell."""
        with self._lock:
            on_the_way, rate = sum(sent.bytes for sent in self._unanswered), self._rate()
            longest_s = 2 * self._round_trip_s + on_the_way / rate if self.answers and rate else 0
            end_s = self._clock() + min(max(longest_s, _LEAST_WAIT_S), _LONGEST_WAIT_S)
            while self._unanswered and (left_s := end_s - self._clock()) > 0:
                self._lock.wait(left_s)
            self._unanswered.clear()
