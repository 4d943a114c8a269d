"""The text of a limit parses back to the same limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ovtui.settings.schema.slo import COUNTERS, LATENCY_NAMES, Limit, canonical_slo, parse_slo

BOUNDS = st.floats(0, 1e12, allow_subnormal=True)
COMPARISONS = st.sampled_from(["<", "<=", "=", ">=", ">"])
LIMITS = st.one_of(
    st.builds(
        Limit, st.just("p"), COMPARISONS, BOUNDS, st.just("ms"), st.sampled_from(LATENCY_NAMES),
        st.floats(1e-3, 99.9999).map(lambda q: round(q, 4)),
    ),
    st.builds(
        Limit,
        st.sampled_from(["min", "mean", "max"]),
        COMPARISONS,
        BOUNDS,
        st.just("ms"),
        st.sampled_from(LATENCY_NAMES),
    ),
    st.builds(Limit, st.just("throughput"), COMPARISONS, BOUNDS, st.just("/s")),
    st.builds(Limit, st.sampled_from(COUNTERS), COMPARISONS, BOUNDS, st.sampled_from(["", "%"])),
)  # fmt: skip


@given(st.lists(LIMITS, max_size=5))
def test_limits_read_back(limits: list[Limit]) -> None:
    text = ",".join(str(limit) for limit in limits)
    assert parse_slo(text) == tuple(limits)
    assert canonical_slo(text) == text
    assert canonical_slo(text.replace(",", " , ").upper()) == text
