from __future__ import annotations

import pytest

from ovtui.settings.changes import convert
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.slo import Limit, canonical_slo, parse_slo


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("p99<20ms", Limit("p", "<", 20.0, "ms", "response", 99.0)),
        ("P99.9 <= 1.5 s", Limit("p", "<=", 1500.0, "ms", "response", 99.9)),
        ("inference.p50<800us", Limit("p", "<", 0.8, "ms", "inference", 50.0)),
        ("service.max<.1s", Limit("max", "<", 100.0, "ms", "service")),
        ("mean > 1e-3ms", Limit("mean", ">", 0.001, "ms", "response")),
        ("errors=0", Limit("errors", "=", 0.0, "")),
        ("late<0.5%", Limit("late", "<", 0.5, "%")),
        ("shed = 0", Limit("shed", "=", 0.0, "")),
        ("throughput>100", Limit("throughput", ">", 100.0, "/s")),
        ("throughput>=99.5/s", Limit("throughput", ">=", 99.5, "/s")),
    ],
)
def test_a_limit_is_read(text: str, limit: Limit) -> None:
    assert parse_slo(text) == (limit,)


def test_several_limits_keep_their_order() -> None:
    assert canonical_slo(" p99<20ms , ERRORS = 0,response.p99<30ms") == "p99<20ms,errors=0,p99<30ms"


def test_nothing_is_no_limit() -> None:
    assert parse_slo("  ") == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("p99<20", "needs a unit: us, ms or s"),
        ("p99<20min", "needs a unit: us, ms or s"),
        ("p99", "is not a limit"),
        ("p99<<20ms", "is not a limit"),
        ("p99<-20ms", "is not a limit"),
        ("p100<20ms", "above 0 and below 100"),
        ("p0<20ms", "above 0 and below 100"),
        ("latency<20ms", "'latency' cannot be limited"),
        ("disk.p99<20ms", "'disk.p99' cannot be limited"),
        ("errors<2ms", "errors is a count"),
        ("throughput>100ms", "write 100/s"),
        ("p99<20ms,,errors=0", "a limit is empty"),
        ("p99<20ms,", "a limit is empty"),
    ],
)
def test_what_is_no_limit_is_refused_with_its_reason(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=r"^slo: ") as caught:
        parse_slo(text)
    assert says in str(caught.value)


def test_settings_hold_the_limits_they_are_given() -> None:
    assert convert({"slo": "p99<20ms"}).slo == "p99<20ms"
    with pytest.raises(SettingsError, match="needs a unit"):
        convert({"slo": "p99<20"})
