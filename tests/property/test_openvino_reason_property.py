"""Whatever OpenVINO says, its reason is one line, not the beginning of another, and its whole text is bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ovtui.records.openvino_reason import DETAIL_BYTES, SUMMARY_CHARS, summary_of, whole_text

LINES = st.one_of(
    st.text(max_size=120),
    st.sampled_from(
        (
            "Exception from src/a.cpp:84:", "Check 'a != b' failed at src/b.cpp:12:", "Check 'false' failed at x.cpp:1",
            "While validating node 'opset1::Relu R (x) -> (y)' with friendly_name 'R':", "Summary:", "---", "; ",
            "-- No conversion rule found for operations: A, B-17", "-- Conversion is failed for: MatMul-17",
            "-- MatMul-17 with a message:", "Original error message is: Check 'c' failed at d.hpp:3:",
            "Shape inference input shapes {[3,8],[1,8]}", "Available inputs:", "Error: Exception from src/plugi",
            "Property description: ", "Something failed, because:", "a sentence of some length. " * 9, "word " * 90,
        )
    ),
)  # fmt: skip


@given(st.lists(LINES, max_size=12), st.sampled_from(("\n", "\r\n", "", "\n\n\n")))
def test_a_reason_is_one_whole_line(lines: list[str], end: str) -> None:
    summary = summary_of(end.join(lines))
    assert len(summary) <= SUMMARY_CHARS
    assert summary.isprintable()
    assert summary == summary.strip()
    assert not summary.endswith((":", ",", ";", "-"))


@given(st.text(), st.integers(1, 400), st.sampled_from(("\n", "ä", "\x1b[31m", "名")))
def test_the_whole_text_is_bounded_and_harmless(text: str, times: int, end: str) -> None:
    whole = whole_text(f"{text}{end}" * times)
    assert len(whole.encode()) <= DETAIL_BYTES
    assert all(line.isprintable() for line in whole.split("\n"))
