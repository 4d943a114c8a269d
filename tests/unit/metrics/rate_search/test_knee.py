"""The line through the probes near a limit: where the limit is met, and when the shape of tails is not believed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.rate_search.knee import fit_knee
from ovtui.metrics.rate_search.tail import tail_of
from ovtui.records.study_events import Pressure

RATES = (350.0, 370.0, 380.0, 395.0, 420.0)


def pressures(limit: float, slope: float = 3.0, tail_off: float = 0.0, noise: float = 0.0) -> dict[float, Pressure]:
    rng = np.random.default_rng(1)
    found = {}
    for rate in RATES:
        log = slope * math.log(rate / limit) + noise * rng.standard_normal()
        found[rate] = Pressure(log=log, sd=0.1, requests=int(30 * rate), tail=log + tail_off)
    return found


def test_the_limit_is_where_the_line_crosses_it() -> None:
    knee = fit_knee(pressures(387.0))
    assert knee is not None
    assert knee.limit == pytest.approx(387.0, rel=1e-6)
    assert knee.slope == pytest.approx(3.0)
    assert 0.005 < knee.limit_sd < 0.02
    assert knee.limit_sd < knee.gap < 0.1


def test_scatter_beyond_chance_makes_the_limit_less_known() -> None:
    calm, rough = fit_knee(pressures(387.0)), fit_knee(pressures(387.0, noise=0.3))
    assert calm is not None
    assert rough is not None
    assert rough.limit_sd > 1.5 * calm.limit_sd


def test_tails_of_another_shape_are_not_believed() -> None:
    for off in (0.15, -0.15):
        knee = fit_knee(pressures(387.0, tail_off=off))
        assert knee is not None
        assert knee.limit == pytest.approx(387.0, rel=1e-6)


def test_far_probes_one_rate_and_a_fall_make_no_line() -> None:
    near = pressures(387.0)
    assert fit_knee({}) is None
    assert fit_knee({350.0: near[350.0]}) is None
    assert fit_knee({100.0: near[350.0], 350.0: Pressure(log=-3.0, sd=0.1, requests=900)}) is None
    assert fit_knee({380.0: near[420.0], 420.0: near[380.0]}) is None


def test_the_percentile_by_the_shape_of_the_tail() -> None:
    histogram = Histogram()
    assert tail_of(histogram, 99.0) is None
    histogram.add(np.random.default_rng(2).exponential(4.0, 20_000))
    tail = tail_of(histogram, 99.0)
    assert tail is not None
    assert tail.percentile_ms == pytest.approx(4 * math.log(100), rel=0.03)
    assert tail.scale_ms == pytest.approx(4.0, rel=0.05)
    assert tail_of(histogram, 50.0) is None
