"""What confirmations teach: bounded, in any order, never against what was confirmed, undone without a trace."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.tracing.engine import (
    ConfirmedCase,
    Link,
    Place,
    PlantGraph,
    Signature,
    Window,
    likeness,
    signature_of,
    trace,
)
from backend.tracing.engine.learned import (
    MOST_DOWN,
    MOST_UP,
    by_unit,
    lags_along,
    learned_delays,
    log_prior,
    log_prior_of_causes,
    similar,
    with_delays,
)
from tests.tracing.synthetic import chain, chain_graph, learned, permuted

PLACES = {
    **{f"P{i}": Place("U0", "pump") for i in range(3)},
    **{f"P{i}": Place("U1", "pump") for i in range(3, 5)},
    **{f"P{i}": Place("U2", "valve") for i in range(5, 8)},
    **{f"U{i}": Place(f"U{i}", "valve" if i == 2 else "pump") for i in range(3)},
}
NODES = st.sampled_from([*PLACES, "gone", ""])
SIZES = st.dictionaries(st.sampled_from([f"P{i}" for i in range(8)]), st.floats(-4, 4).filter(lambda v: abs(v) > 0.1))


@st.composite
def signatures(draw: st.DrawFn) -> Signature:
    sizes = draw(SIZES)
    return Signature(sizes, {name: draw(st.floats(0, 600)) for name in sizes})


@st.composite
def confirmations(draw: st.DrawFn, most: int = 12) -> list[ConfirmedCase]:
    roots = draw(st.lists(NODES, max_size=most))
    causes = st.sampled_from(["", "stuck", "leak", "fouled"])
    return [
        ConfirmedCase(number, root, draw(signatures()), draw(causes), ("stuck", "leak"))
        for number, root in enumerate(roots)
    ]


@given(confirmations(), signatures(), st.randoms())
def test_the_order_of_confirmations_doesn_t_matter(cases: list[ConfirmedCase], seen: Signature, chance: object) -> None:
    other = cases[:]
    chance.shuffle(other)  # type: ignore[attr-defined]
    assert log_prior(cases, PLACES, seen) == pytest.approx(log_prior(other, PLACES, seen), abs=2e-6)
    assert log_prior_of_causes(cases) == log_prior_of_causes(other)


@given(confirmations(), st.sampled_from([*PLACES]), signatures(), signatures())
def test_one_more_confirmation_never_lowers_its_own_root(
    cases: list[ConfirmedCase], root: str, mark: Signature, seen: Signature
) -> None:
    more = [*cases, ConfirmedCase(99, root, mark)]
    for signature in (None, seen, mark):
        assert log_prior(more, PLACES, signature)[root] >= log_prior(cases, PLACES, signature)[root] - 2e-6


@given(confirmations(), st.sampled_from(["stuck", "leak", "worn"]))
def test_one_more_confirmation_never_lowers_its_own_library_cause(cases: list[ConfirmedCase], cause: str) -> None:
    before, after = log_prior_of_causes(cases), log_prior_of_causes([*cases, ConfirmedCase(99, "", cause=cause)])
    assert after[cause] >= before.get(cause, -MOST_DOWN) - 2e-6


@given(confirmations(most=40), signatures())
def test_the_prior_is_bounded_and_speaks_of_every_node(cases: list[ConfirmedCase], seen: Signature) -> None:
    for prior in (log_prior(cases, PLACES), log_prior(cases, PLACES, seen)):
        assert prior.keys() == PLACES.keys()
        assert all(-MOST_DOWN <= value <= MOST_UP for value in prior.values())


@given(confirmations())
def test_without_its_last_case_a_model_has_exactly_the_numbers_from_before(cases: list[ConfirmedCase]) -> None:
    before = log_prior(cases, PLACES)
    log_prior([*cases, ConfirmedCase(99, "P0")], PLACES)
    assert log_prior([*cases, ConfirmedCase(99, "P0")][:-1], PLACES) == before


def test_nothing_confirmed_prefers_nothing() -> None:
    assert set(log_prior([], PLACES).values()) == {0.0}
    assert log_prior([ConfirmedCase(1, "P0")], {}) == {}
    assert log_prior_of_causes([]) == {}


def test_a_confirmation_speaks_most_for_its_point_then_for_its_equipment_then_for_its_class() -> None:
    prior = log_prior([ConfirmedCase(1, "P0")], PLACES)
    assert prior["P0"] > prior["P1"] > prior["P3"] > prior["P5"]
    assert prior["P5"] < 0 < prior["P1"]


def test_where_roots_recur_a_confirmation_says_more_than_where_each_was_another() -> None:
    again = [ConfirmedCase(n, "P0") for n in range(4)]
    spread = [ConfirmedCase(n, root) for n, root in enumerate(["P0", "P1", "P3", "P5"])]
    assert log_prior([*again, ConfirmedCase(9, "P7")], PLACES)["P0"] > 3 * log_prior(spread, PLACES)["P0"]


def test_a_case_of_like_signature_speaks_louder_than_an_unlike_one() -> None:
    mark = Signature({"P0": 2.0, "P3": 1.0}, {"P0": 0.0, "P3": 30.0})
    opposed = Signature({"P0": -2.0, "P3": -1.0}, {"P0": 0.0, "P3": 30.0})
    alike = log_prior([ConfirmedCase(1, "P0", mark)], PLACES, mark)["P0"]
    unlike = log_prior([ConfirmedCase(1, "P0", opposed)], PLACES, mark)["P0"]
    assert alike > unlike + 0.5
    assert unlike == log_prior([ConfirmedCase(1, "P0", opposed)], PLACES)["P0"]


@given(confirmations(), signatures())
def test_as_trace_adds_it_up_every_node_has_its_own_prior(cases: list[ConfirmedCase], seen: Signature) -> None:
    prior = log_prior(cases, PLACES, seen)
    named = by_unit(prior, PLACES)
    for node, place in PLACES.items():
        own = 0.0 if node == place.unit else named.get(node, 0.0)
        assert math.isclose(own + named.get(place.unit, 0.0), prior[node], abs_tol=1e-5)


@given(signatures(), signatures(), st.floats(0.1, 10))
def test_likeness_is_mutual_between_nought_and_one_and_blind_to_size(
    one: Signature, other: Signature, factor: float
) -> None:
    alike = likeness(one, other)
    assert 0 <= alike <= 1 and math.isclose(alike, likeness(other, one), abs_tol=1e-9)
    larger = Signature({name: value * factor for name, value in one.sizes.items()}, one.onsets_s)
    assert math.isclose(alike, likeness(larger, other), abs_tol=1e-6)
    if one.sizes:
        assert math.isclose(likeness(one, one), 1.0, abs_tol=1e-9)


def test_two_disturbances_of_one_root_are_alike_and_of_different_roots_less() -> None:
    delays = (3, 3, 3)
    normal = learned(delays)
    marks = [
        signature_of(chain(delays, rows=200, fault_at=100, root=root, size=size, seed=seed), normal, 90)
        for root, size, seed in ((0, 12.0, 1), (0, 20.0, 2), (2, 12.0, 3))
    ]
    assert likeness(marks[0], marks[1]) > 0.8 > likeness(marks[0], marks[2])
    assert marks[0].onsets_s["P0"] == 0.0


def test_a_signature_doesn_t_depend_on_the_order_of_columns_or_the_clock() -> None:
    delays = (3, 3)
    normal, window = learned(delays), chain((3, 3), rows=200, fault_at=100)
    later = Window(window.times_s + 1e6, window.points, window.values)
    assert signature_of(permuted(window, [2, 0, 3, 1]), normal, 90) == signature_of(window, normal, 90)
    assert signature_of(later, normal, 90) == signature_of(window, normal, 90)


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_hardly_any_rows_leave_an_empty_or_small_signature_not_an_error(rows: int) -> None:
    window = chain((3, 3), rows=200, fault_at=100).between(0, rows)
    assert signature_of(window, learned((3, 3))).sizes.keys() <= set(window.points)
    missing = Window(window.times_s, window.points, np.full_like(window.values, np.nan))
    assert signature_of(missing, learned((3, 3))) == Signature()


def test_a_prior_lifts_an_even_rival_but_not_over_clear_evidence() -> None:
    delays = (3, 3, 3)
    normal, graph = learned(delays), chain_graph(4)
    window = chain(delays, rows=300, fault_at=200, size=30.0)
    plain = trace(window, normal, graph, "P3", fault_free_rows=150)
    assert plain.causes[0].node == "P0"
    pushed = trace(window, normal, graph, "P3", fault_free_rows=150, prior={"BY": MOST_UP})
    assert pushed.causes[0].node == "P0", "what nobody moved doesn't come first because somebody once confirmed it"
    place = [cause.node for cause in pushed.causes].index("BY")
    assert place <= [cause.node for cause in plain.causes].index("BY")


def lags(seconds: Sequence[float], link: tuple[str, str] = ("A", "B")) -> list[ConfirmedCase]:
    return [ConfirmedCase(number, lags=((*link, s),)) for number, s in enumerate(seconds)]


def test_a_learned_delay_is_the_median_pulled_to_the_drawn_one_and_surer_with_every_case() -> None:
    few = learned_delays(lags([30, 30]), {("A", "B"): 10.0})["A", "B"]
    many = learned_delays(lags([30] * 8 + [500]), {("A", "B"): 10.0})["A", "B"]
    assert (few.seconds, few.cases) == (20.0, 2)
    assert 25 < many.seconds < 30 and many.cases == 9


def test_a_link_without_a_drawn_delay_waits_for_a_second_case_and_what_isn_t_a_link_gets_none() -> None:
    assert learned_delays(lags([30]), {("A", "B"): None}) == {}
    assert learned_delays(lags([30, 40]), {("A", "B"): None})["A", "B"].seconds == 35.0
    assert learned_delays(lags([30, 40]), {}) == {}
    assert learned_delays(lags([-30, -10]), {("A", "B"): None})["A", "B"].seconds == 0.0


def test_lags_are_counted_along_links_and_equipment_begins_with_its_first_point() -> None:
    seen = Signature({"P0": 1.0, "P1": 1.0, "P2": 1.0}, {"P0": 0.0, "P1": 20.0, "P2": 12.0})
    units = {"P0": "A", "P1": "B", "P2": "B", "A": "A", "B": "B"}
    assert lags_along(["P0", "A", "B", "P1"], seen, units) == (("A", "B", 12.0),)
    assert lags_along(["P0", "P1"], seen, units) == (("P0", "P1", 20.0),)
    assert lags_along(["P0", "P9"], seen, units) == ()


def test_learned_delays_take_the_place_of_drawn_ones_and_leave_the_rest() -> None:
    graph = PlantGraph(links=[Link("A", "B", delay_s=10.0), Link("B", "C", delay_s=5.0)])
    taught = with_delays(graph, {("A", "B"): 20.0})
    assert [link.delay_s for link in taught.links] == [20.0, 5.0]
    assert with_delays(graph, {("X", "Y"): 1.0}) is graph


def test_similar_cases_come_most_alike_first_and_strangers_not_at_all() -> None:
    mark = Signature({"P0": 2.0, "P1": 1.0}, {"P0": 0.0, "P1": 5.0})
    close = Signature({"P0": 2.0, "P1": 1.0, "P2": 0.6}, {"P0": 0.0, "P1": 5.0, "P2": 9.0})
    cases = [
        ConfirmedCase(1, "P0", close),
        ConfirmedCase(2, "P0", mark),
        ConfirmedCase(3, "P5", Signature({"P5": 1.0})),
    ]
    assert [one.case.case for one in similar(cases, mark)] == [2, 1]
    assert similar(cases, Signature()) == []
