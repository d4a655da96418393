"""The score as a pure function: worked by hand, and what always holds."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Invalid
from backend.operations.duty.comparing import Load, load, middles
from backend.operations.duty.previewing import Kept, preview
from backend.operations.duty.rewarding import Reason, proposals
from backend.operations.duty.rules import GAINS, ITEM_OF, USUAL, Band, Item, Kind, Rule, band, check_rule
from backend.operations.duty.scoring import HUNDREDTHS, SORTS, Facts, Row, effective_weights, score

MONTH = date(2026, 10, 1)


def row(kind: str, id_: int = 1, **fields: object) -> Row:
    return Row(kind, id_, **{"at": "2026-10-03T02:00:00+00:00", "hours": 99.0, **fields})  # type: ignore[arg-type]


def test_the_example_of_the_handbook_is_worked_by_hand() -> None:
    """docs/duty.zh.md: 20 visits with one missed, 4 rectifications with one late; no warnings, nothing to learn.

    Identify 25 and rectify 30 of 55 become 45.45 and 54.55. Missed: 2 × 45.45/25 = 3.64; late: 5 × 54.55/30 = 9.09.
    """
    facts = Facts({"visits": 20, "rectifications": 4}, (row("visit_missed"), row("rectification_late", 7)))
    result = score(facts, USUAL)
    identify, warnings, rectify, learn = result.items
    assert (identify.weight, rectify.weight) == (Decimal("45.45"), Decimal("54.55"))
    assert (identify.points, rectify.points) == (Decimal("41.81"), Decimal("45.46"))
    assert [line.points for one in result.items for line in one.lines] == [Decimal("-3.64"), Decimal("-9.09")]
    assert result.score == Decimal("87.27") and result.reweighted
    assert not warnings.counted and not learn.counted
    assert (result.exposure, result.lapses) == (24, 2)


def test_who_had_nothing_to_do_has_no_score() -> None:
    assert score(Facts(), USUAL).score is None
    assert score(Facts({"alarms": 3}), USUAL).score == 100


def test_found_hazards_give_back_what_was_lost_in_their_item_and_no_more() -> None:
    lost = row("visit_missed"), row("visit_missed", 2)
    asked = {"visits": 20, "alarms": 1, "rectifications": 1, "meetings": 1}
    assert score(Facts(asked, lost), USUAL).score == 96
    assert score(Facts(asked, (*lost, row("report_accepted", 5))), USUAL).score == 97
    assert score(Facts(asked, (*lost, row("report_grave", 5), row("report_grave", 6))), USUAL).score == 100


def test_a_lapse_shared_by_three_costs_each_a_third_and_a_quick_disposal_costs_nothing() -> None:
    asked = {"visits": 9, "disposals": 2, "rectifications": 1, "meetings": 1}
    shared = row("visit_missed", sharing=3)
    assert score(Facts(asked, (shared,)), USUAL).score == Decimal("99.33")
    slow, quick = row("disposal_late", 2, hours=24.1), row("disposal_late", 3, hours=24.0)
    assert score(Facts(asked, (slow, quick)), USUAL).score == 97


def test_within_the_line_for_full_points_nothing_is_lost_though_the_row_is_shown() -> None:
    rule = replace(USUAL, full_pct={**USUAL.full_pct, Item.IDENTIFY: 95})
    one, two = row("visit_missed"), row("visit_missed", 2)
    result = score(Facts({"visits": 20}, (one,)), rule)
    assert result.score == 100 and result.line(one.key) is not None and result.lapses == 1
    assert score(Facts({"visits": 20}, (one, two)), rule).score == 84, "2 × 2 of 25, which count for 100"


def test_an_appeal_takes_out_its_row_alone() -> None:
    one, two = row("course_late"), row("course_late", 2)
    facts = Facts({"courses": 4, "visits": 4}, (one, two))
    assert score(facts, USUAL, {one.key}).lapses == 1
    assert score(facts, USUAL, {one.key, two.key}).score == 100


@pytest.mark.parametrize(
    "change",
    [
        {"weights": {**USUAL.weights, Item.LEARN: 21}},
        {"full_pct": {**USUAL.full_pct, Item.LEARN: 101}},
        {"points": {**USUAL.points, Kind.ACK_LATE: -1.0}},
        {"fair": 80},
        {"grave_yuan": 1e9},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    check_rule(USUAL)
    with pytest.raises(Invalid):
        check_rule(replace(USUAL, **change))  # type: ignore[arg-type]


def test_levels_and_comparison_keep_to_like_exposure() -> None:
    assert [band(USUAL, one) for one in (100, 90, 89.99, 75, 60, 59.99)] == [
        *(Band.EXCELLENT, Band.EXCELLENT, Band.GOOD, Band.GOOD, Band.FAIR, Band.POOR)
    ]
    assert [load(one, 5) for one in (0, 4, 5, 49, 50)] == [Load.NONE, Load.FEW, Load.SOME, Load.SOME, Load.MANY]
    people = [(2, 10.0)] * 9 + [(20, float(n)) for n in (70, 80, 90, 95, 100)] + [(100, 50.0)] * 4
    assert middles(people, 5) == {Load.SOME: (90.0, 5)}, "few never compare, four of many are too few"


def test_rewards_are_proposed_for_grave_hazards_and_a_month_without_a_lapse() -> None:
    found = Facts({"visits": 20, "reports": 1}, (row("report_grave", 3),))
    assert [one.reason for one in proposals(found, score(found, USUAL), USUAL)] == [Reason.GRAVE_HAZARD, Reason.PERFECT]
    little = Facts({"visits": 19, "reports": 9})
    assert not proposals(little, score(little, USUAL), USUAL), "what one found oneself isn't what was asked"
    bad = Facts({"visits": 20}, tuple(row("visit_missed", n) for n in range(20)))
    assert not proposals(bad, score(bad, USUAL), USUAL), "the usual rule takes nothing"
    harsh = replace(USUAL, poor_yuan=50.0)
    assert [(one.reason, one.yuan) for one in proposals(bad, score(bad, harsh), harsh)] == [(Reason.POOR, -50.0)]


def test_a_preview_says_who_moves_and_how_levels_change() -> None:
    facts = Facts({"visits": 10, "rectifications": 1}, (row("rectification_late"),))
    kept = [Kept(1, MONTH, facts, (), 90.91), Kept(2, MONTH, Facts({"visits": 3}), (), 100.0)]
    wished = replace(USUAL, points={**USUAL.points, Kind.RECTIFICATION_LATE: 20.0})
    shown = preview(kept, USUAL, wished)
    assert (shown.people, shown.moved) == (2, 1)
    assert next((one.person_id, one.before, one.after) for one in shown.moves) == (1, 90.91, 63.63)
    assert shown.before[Band.EXCELLENT] == 2 and shown.after[Band.FAIR] == 1


_lapse_or_gain = st.builds(
    Row,
    kind=st.sampled_from(list(Kind)),
    id=st.integers(1, 10**6),
    at=st.sampled_from(["2026-10-01T00:00", "2026-10-02T00:00"]),
    sharing=st.integers(1, 7),
    hours=st.floats(0, 100),
)
_rows = st.lists(_lapse_or_gain, max_size=25, unique_by=lambda one: one.key)
_asked = st.dictionaries(st.sampled_from(list(SORTS)), st.integers(0, 40))


@st.composite
def _rules(draw: st.DrawFn) -> Rule:
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=3, max_size=3)))
    parts = [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
    points: dict[str, float] = {kind: draw(st.integers(0, 300)) / 10 for kind in Kind}
    full: dict[str, int] = {item: draw(st.integers(50, 100)) for item in Item}
    return replace(USUAL, weights=dict(zip(Item, parts, strict=True)), points=points, full_pct=full)


@given(_asked, _rows, _rules())
def test_a_score_lies_between_0_and_100_and_its_lines_add_up(
    asked: dict[str, int], rows: list[Row], rule: Rule
) -> None:
    result = score(Facts(asked, tuple(rows)), rule)
    if result.score is None:
        return
    assert 0 <= result.score <= 100
    assert sum(one.weight for one in result.items) == 100, "re-weighting keeps 100"
    for one in result.items:
        assert 0 <= one.points <= one.weight
        assert one.points == one.weight + sum((line.points for line in one.lines), Decimal(0))


@given(_asked, _rows, _rules(), st.randoms())
def test_taking_out_a_lapse_never_lowers_and_order_is_nothing(
    asked: dict[str, int], rows: list[Row], rule: Rule, chance: random.Random
) -> None:
    facts = Facts(asked, tuple(rows))
    whole = score(facts, rule)
    mixed = list(rows)
    chance.shuffle(mixed)
    assert score(Facts(asked, tuple(mixed)), rule) == whole
    for one in rows:
        if one.kind not in GAINS and whole.score is not None:
            better = score(facts, rule, {one.key}).score
            assert better is not None and better >= whole.score


@given(st.dictionaries(st.sampled_from(list(Item)), st.integers(0, 100)))
def test_weights_of_what_counts_are_100_in_sum(usual: dict[Item, int]) -> None:
    assert sum(effective_weights(usual).values()) in {0, HUNDREDTHS}
    assert set(ITEM_OF.values()) == set(Item)
