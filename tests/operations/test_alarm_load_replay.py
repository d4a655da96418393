"""A replay finds what the live evaluation would have: by its definition, over any readings, cut anywhere."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from backend.alarms.evaluation import Rule, State, on_time, on_value
from backend.alarms.parameters import Limit, Parameters, Rate, Silence, Threshold
from backend.operations.alarmload.replaying import Episode, Piece, Versions

SINCE = 1_000_000.0
_LIMITS = Threshold({"L": Limit(2.0), "H": Limit(7.0), "HH": Limit(9.0)})
_delays = st.sampled_from([0.0, 1.0, 4.0, 10.0])


@st.composite
def readings(draw: st.DrawFn) -> Piece:
    gaps = draw(st.lists(st.sampled_from([0.5, 1.0, 2.0, 5.0, 40.0]), min_size=1, max_size=60))
    values = draw(st.lists(st.integers(0, 10), min_size=len(gaps), max_size=len(gaps)))
    late = draw(st.lists(st.sampled_from([0.0, 0.25, 3.0]), min_size=len(gaps), max_size=len(gaps)))
    at = SINCE + np.cumsum(gaps)
    return Piece(at, np.array(values, float), at + np.array(late))


def live(rule: Rule, piece: Piece, until: float) -> list[Episode]:
    """As ingest would: each value, and of silence every moment at which something may change."""
    state, changes = State(), []

    def keep(verdict: tuple[State, list]) -> None:  # type: ignore[type-arg]
        nonlocal state
        state = verdict[0]
        changes.extend(verdict[1])

    def tick(moment: float) -> None:
        if isinstance(rule.parameters, Silence):
            due = max(state.seen, SINCE) + rule.parameters.after_s
            keep(on_time(rule, state, min(np.nextafter(due, 0.0), moment), SINCE))
        keep(on_time(rule, state, moment, SINCE))

    for at, value, received in zip(piece.at, piece.value, np.maximum.accumulate(piece.received), strict=True):
        if isinstance(rule.parameters, Silence):
            tick(float(np.nextafter(received, 0.0)))
        keep(on_value(rule, state, float(at), float(value), float(received)))
    tick(until)
    found, begun = [], {}
    for change in changes:
        if change.raised:
            begun[change.limit] = change.at
        else:
            found.append(Episode(change.limit, begun.pop(change.limit), change.at))
    found += [Episode(limit, at, None) for limit, at in begun.items()]
    return sorted(found, key=lambda one: (one.from_at, one.limit))


def replayed(rules: list[Rule], piece: Piece, cut: int, until: float) -> list[list[Episode]]:
    versions = Versions(rules, SINCE)
    for part in (slice(0, cut), slice(cut, None)):
        versions.feed(Piece(piece.at[part], piece.value[part], piece.received[part]))
    return versions.finish(until)


@given(
    readings(),
    st.integers(0, 60),
    st.sampled_from([_LIMITS, Rate(3.0, 6.0), Rate(30.0, 10.0, "fall"), Silence(4.0)]),
    st.sampled_from([0.0, 1.0, 2.0]),
    st.tuples(_delays, _delays),
    st.tuples(_delays, _delays),
)
def test_a_replay_raises_and_returns_at_the_very_moments_of_the_live_evaluation(
    piece: Piece,
    cut: int,
    parameters: Parameters,
    deadband: float,
    delays: tuple[float, float],
    others: tuple[float, float],
) -> None:
    rules = [Rule(parameters, deadband, *delays), Rule(parameters, deadband, *others)]
    until = float(piece.received.max()) + 7.0
    assert replayed(rules, piece, cut, until) == [live(rule, piece, until) for rule in rules]


def test_a_reading_that_is_not_later_than_the_one_before_changes_nothing() -> None:
    at = np.array([SINCE + 1, SINCE + 1, SINCE + 2])
    versions = Versions([Rule(_LIMITS)], SINCE)
    versions.feed(Piece(at, np.array([5.0, 8.0, 5.0]), at))
    assert versions.finish(SINCE + 9) == [[]]
