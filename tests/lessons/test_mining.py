"""Patterns: what was planted is found, what is chance is not claimed, and nothing is told twice."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.lessons.chains import Trouble, chains
from backend.lessons.mining import FDR, LEAST_ROWS
from tests.lessons.histories import history, is_true, mined, recovers, shuffled

PLANTED = (
    {"class": "reactor", "shift": "2", "kind": "kind4"},
    {"training": "lapsed", "kind": "kind5"},
    {"maintenance": "overdue", "cause": "cause3"},
)
SEEDS = range(20)


def test_planted_patterns_are_recovered_and_hardly_anything_else_is_claimed() -> None:
    hits, shares = 0, []
    for seed in SEEDS:
        found = mined(history(seed, PLANTED)).combinations
        hits += sum(recovers(found, pattern) for pattern in PLANTED)
        false = sum(not is_true(one, PLANTED) for one in found)
        shares.append(false / max(1, len(found)))
    assert hits / (len(SEEDS) * len(PLANTED)) >= 0.9
    assert sum(shares) / len(shares) <= FDR


def test_nothing_is_claimed_of_a_shuffled_history() -> None:
    claimed = [mined(shuffled(history(seed, PLANTED), seed)).combinations for seed in SEEDS]
    assert not any(claimed)


def test_a_longer_combination_is_claimed_only_if_each_value_adds() -> None:
    found = mined(history(3, [{"training": "lapsed", "kind": "kind5"}], each=80)).combinations
    assert [set(one.items) for one in found] == [{("kind", "kind5"), ("training", "lapsed")}]


def test_a_pair_that_only_a_triple_makes_is_not_told_beside_it() -> None:
    triple = {"class": "fan", "shift": "2", "kind": "kind5"}
    found = mined(history(5, [triple], each=80)).combinations
    told = {frozenset(one.items) for one in found}
    assert frozenset(triple.items()) in told
    assert frozenset({("class", "fan"), ("kind", "kind5")}) not in told


def test_what_the_plant_ties_together_is_no_pattern() -> None:
    records = [
        {"class": name, "maintenance": "overdue" if name == "pump" else "kept"} for name in ("pump", "fan") * 300
    ]
    assert mined(records).combinations == ()


@given(st.lists(st.fixed_dictionaries({"kind": st.sampled_from("ab"), "shift": st.sampled_from("12")}), max_size=60))
@settings(max_examples=60, deadline=None)
def test_counts_are_of_the_rows_that_are_named(records: list[dict[str, str]]) -> None:
    for one in mined(records).combinations:
        assert LEAST_ROWS <= len(one.rows) <= one.of == len(records)
        assert all(records[row][key] == value for row in one.rows for key, value in one.items)
        assert one.lift > 1 and 0 <= one.p <= one.q <= FDR


def troubles(seed: int, followed: int = 0) -> list[Trouble]:
    """A year at ten machines, each with 20 troubles; of those of the first so many go on at the second within hours."""
    random_ = random.Random(seed)
    year = 365 * 86_400.0
    found = [Trouble(node, random_.uniform(0, year), f"alarm:{node}-{n}") for node in range(10) for n in range(20)]
    firsts = [one for one in found if one.node == 0][:followed]
    return found + [Trouble(1, one.at_s + random_.uniform(60, 14_400), f"then:{one.ref}") for one in firsts]


DOWNSTREAM = {node: frozenset({node + 1, node + 2}) for node in range(8)}


def test_a_chain_on_the_graph_is_recovered_with_its_delay_and_none_is_claimed_without() -> None:
    year, hits, wrong = 365 * 86_400.0, 0, 0
    for seed in SEEDS:
        found = chains(troubles(seed, followed=20), DOWNSTREAM, year)
        hits += any((one.first, one.second) == (0, 1) and 0 < one.delay_s < 5 * 3600 for one in found)
        wrong += sum((one.first, one.second) != (0, 1) for one in found)
        assert not chains(troubles(seed), DOWNSTREAM, year)
    assert hits / len(SEEDS) >= 0.9
    assert wrong <= FDR * hits


def test_shared_bad_days_are_no_chain() -> None:
    random_ = random.Random(7)
    days = [random_.uniform(0, 365) * 86_400 for _ in range(40)]
    both = [Trouble(node, day + random_.uniform(0, 30_000), f"alarm:{node}") for day in days for node in (0, 1)]
    assert chains(both, {0: frozenset({1})}, 365 * 86_400.0) == []
