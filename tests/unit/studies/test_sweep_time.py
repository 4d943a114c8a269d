"""How long a sweep will take yet."""

from __future__ import annotations

from ovtui.studies.sweep_time import SweepTime


def test_a_single_point_is_not_measured_again() -> None:
    assert SweepTime(1).left_s(1, 5.0) < 10
    two, many = SweepTime(2).left_s(2, 5.0), SweepTime(32).left_s(32, 5.0)
    assert 20 < two < SweepTime(3).left_s(3, 5.0) < many


def test_what_is_left_falls_with_each_point_and_each_block() -> None:
    time, now_ns, left = SweepTime(4), 0, []
    for number in range(4):
        time.begin(now_ns)
        left.append(time.left_s(4 - number, 5.0))
        now_ns += 6_000_000_000
        time.end_point(now_ns)
    time.plan_again(2, 1.25, 0, 50.0)
    time.begin(now_ns)
    for _ in range(16):
        left.append(time.left_s(0, 5.0))
        now_ns += 1_500_000_000
        time.end_block(now_ns, measured=True)
    assert left == sorted(left, reverse=True)
