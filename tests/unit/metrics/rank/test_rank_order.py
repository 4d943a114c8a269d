"""The order of a rank, and what cannot be told apart."""

from __future__ import annotations

from metrics.rank.rank_samples import ROWS, a_rank, again, once, rank_point

from ovtui.metrics.rank.order import near_tied, order_of

ROUNDS = (1.0, 1.1, 0.9, 1.2, 1.05, 0.8, 1.0, 0.95)


def test_near_ones_are_measured_again_by_both_figures() -> None:
    # By throughput 812 and 805, by latency 4.2 and 4.4; CPU latency with 4.9 is further than a tenth.
    assert [point.point for point in near_tied(a_rank(once()))] == [4, 8, 3, 7]


def test_where_both_orders_are_clear_nothing_is_measured_again() -> None:
    alone = [rank_point(1, 100.0, 5.0, 6.0), rank_point(2, 200.0, 9.0, 12.0), rank_point(5, None, 0.0, None)]
    assert near_tied(a_rank(alone)) == []
    order = order_of(a_rank(alone))
    assert (order.by_throughput, order.by_latency, order.tied, order.tied_latency) == ([2, 1], [1, 2], [], [])
    assert order.latency.name == "p99"


def test_rounds_tell_what_one_measurement_did_not() -> None:
    # In each round the second one of the first measurement is 3 % faster.
    points = [*once(), *again(4, [700 * each for each in ROUNDS]), *again(8, [721 * each for each in ROUNDS])]
    order = order_of(a_rank(points))
    assert order.by_throughput == [8, 4, 2, 3, 7, 1]
    assert order.tied == []


def test_rounds_that_do_not_tell_are_said_to_tie() -> None:
    swap = [1.02, 0.98] * 4
    points = [*once(), *again(4, [700 * each for each in swap]), *again(8, [700 / each for each in swap])]
    order = order_of(a_rank(points))
    assert set(order.tied) == {4, 8}
    assert set(order.by_throughput[:2]) == {4, 8}


def test_a_machine_that_slows_down_before_the_rounds_does_not_change_who_is_first() -> None:
    points = [*once(), *again(4, [80 * each for each in ROUNDS]), *again(8, [70 * each for each in ROUNDS])]
    assert order_of(a_rank(points)).by_throughput == [4, 8, 2, 3, 7, 1]


def test_before_the_rounds_near_ones_tie() -> None:
    order = order_of(a_rank(once()))
    assert order.tied == [4, 8]
    assert order.tied_latency == [3, 7]


def test_without_a_p99_of_every_row_it_goes_by_p50() -> None:
    few = [rank_point(1, 100.0, 5.0, None), rank_point(2, 200.0, 9.0, 12.0)]
    order = order_of(a_rank(few))
    assert (order.latency.name, order.by_latency) == ("p50", [1, 2])


def test_of_nothing_there_is_no_order() -> None:
    refused = [rank_point(number, None, 0.0, None) for number in range(1, len(ROWS) + 1)]
    for points in ([], refused):
        order = order_of(a_rank(points))
        assert (order.by_throughput, order.by_latency, order.tied, near_tied(a_rank(points))) == ([], [], [], [])
