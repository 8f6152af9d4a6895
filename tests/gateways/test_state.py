"""The tables of the gateway's memory."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.state import Change, State

KEYS = st.sampled_from(["a", "b", "c"])
STEPS = st.lists(st.tuples(st.sampled_from(["one", "two"]), KEYS, st.none() | st.integers(0, 3)), max_size=12)


def done(state: State, steps: list[tuple[str, str, int | None]]) -> State:
    for name, key, value in steps:
        if value is None:
            state.table(name).pop(key, None)
        else:
            state.table(name)[key] = value
    return state


def rows(state: State) -> dict[str, dict[str, Any]]:
    return {name: dict(state.table(name)) for name in ("one", "two")}


@given(STEPS, STEPS)
def test_what_is_undone_was_never_there(before: list[Any], after: list[Any]) -> None:
    state = done(State(), before)
    state.take_changes()
    held = rows(state)
    done(state, after).undo()
    assert rows(state) == held
    assert state.take_changes() == []


@given(STEPS)
def test_changes_make_the_same_tables_elsewhere(steps: list[Any]) -> None:
    state, other = done(State(), steps), State()
    changes = state.take_changes()
    other.load(iter(changes))
    assert rows(other) == rows(state)
    assert all(isinstance(one, Change) for one in changes)
