"""Where a difference begins."""

from __future__ import annotations

from ovtui.engine.verify.roots import Key, Step, relations


def key(name: str, port: int = 0) -> Key:
    return Key(name, port)


def step(name: str, *sources: str) -> Step:
    return Step([key(name)], [key(each) for each in sources])


def told(steps: list[Step], wrong: dict[str, list[int]], *, not_compared: str = "", stateful: bool = False) -> str:
    """'a first, b downstream' in the order of the names."""
    compared = {each for one in steps for each in one.outputs if each.name not in not_compared.split()}
    found = relations(steps, {key(name): at for name, at in wrong.items()}, compared, stateful=stateful)
    return ", ".join(f"{each.name} {found[each]}" for each in sorted(found))


CHAIN = [step("a"), step("b", "a"), step("c", "b"), step("d", "c")]


def test_in_a_chain_the_first_one_is_named() -> None:
    assert told(CHAIN, {"b": [0], "c": [0], "d": [0]}) == "b first, c downstream, d downstream"
    assert told(CHAIN, {}) == ""


def test_what_vanishes_and_comes_back_begins_twice() -> None:
    assert told(CHAIN, {"b": [0], "d": [0]}) == "b first, d first"


def test_in_branches_there_may_be_several() -> None:
    steps = [step("stem"), step("left", "stem"), step("right", "stem"), step("sum", "left", "right")]
    assert told(steps, {"right": [0], "sum": [0]}) == "right first, sum downstream"
    assert told(steps, {"left": [0], "right": [0], "sum": [0]}) == "left first, right first, sum downstream"


def test_what_was_not_compared_hands_on_what_it_gets() -> None:
    assert told(CHAIN, {"b": [0], "d": [0]}, not_compared="c") == "b first, d downstream"
    assert told(CHAIN, {"d": [0]}, not_compared="b c") == "d first"


def test_of_several_requests_each_tells_on_its_own() -> None:
    # In request 1 the difference of b is hidden, and c has one of its own.
    assert told(CHAIN, {"b": [0], "c": [0, 1]}) == "b first, c first"


def test_of_a_stateful_model_only_the_first_request_that_differs_tells() -> None:
    # What differs in request 0 is read out of the state in request 1 by `a`, which gets nothing that differs.
    assert told(CHAIN, {"c": [0, 1], "a": [1], "b": [1]}, stateful=True) == "a downstream, b downstream, c first"
    assert told(CHAIN, {"c": [0, 1], "a": [1], "b": [1]}) == "a first, b downstream, c first"


def test_each_output_of_an_operation_stands_for_itself() -> None:
    steps = [Step([key("split", 0), key("split", 1)], []), Step([key("after")], [key("split", 1)])]
    found = relations(steps, {key("split", 0): [0], key("after"): [0]}, {one for s in steps for one in s.outputs})
    assert found == {key("split", 0): "first", key("after"): "first"}
