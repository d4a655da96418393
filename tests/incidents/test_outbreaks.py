"""What is an outbreak and which incident it belongs to: rules, held for all that can come together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.alarms.models import Level, RuleKind
from backend.core.errors import Invalid
from backend.incidents.models import IncidentKind, SourceKind
from backend.incidents.outbreaks import (
    USUAL_LEVEL,
    AlarmFacts,
    Live,
    Sign,
    alarm_opens,
    handled_as,
    hazard_opens,
    joined,
    kind_by_factor,
    kind_by_point,
    sort_out,
)
from backend.incidents.policy import Policy, read_policy
from backend.plant.models import PointKind

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
RANKS = list(Level)

_levels = st.sampled_from(Level)
_facts = st.builds(
    AlarmFacts,
    level=_levels,
    kind=st.sampled_from(RuleKind),
    warning=st.booleans(),
    judged_false=st.booleans(),
    closed=st.booleans(),
    in_flood=st.integers(0, 20),
    flood_known=st.booleans(),
)
_policies = st.builds(
    Policy,
    alarm_level=st.none() | st.sampled_from(RANKS[:3]),
    flood_alarms=st.integers(0, 10),
    flood_minutes=st.integers(1, 30),
    major_hazards=st.booleans(),
    join_minutes=st.integers(1, 60),
)
_places = st.none() | st.integers(1, 3)
_moments = st.integers(-90, 90).map(lambda minutes: NOON + timedelta(minutes=minutes))
_signs = st.builds(
    Sign,
    site_id=st.just(1),
    source=st.just(SourceKind.ALARM),
    source_id=st.integers(1, 10_000),
    at=_moments,
    opens=st.booleans(),
    kind=st.just(IncidentKind.EQUIPMENT_FAILURE),
    level=_levels,
    title=st.just("高报"),
    title_en=st.just("high"),
    equipment_id=_places,
    area_id=_places,
    group_id=_places,
    apart=st.booleans(),
)
_live = st.lists(
    st.builds(
        Live,
        id=st.integers(1, 9),
        state=st.sampled_from(["open", "contained"]),
        equipment_id=_places,
        area_id=_places,
        group_ids=st.frozensets(st.integers(1, 3), max_size=2),
        last_source_at=_moments,
    ),
    max_size=4,
    unique_by=lambda one: one.id,
)

SIGN = Sign(1, SourceKind.ALARM, 7, NOON, True, "equipment_failure", Level.MAJOR, "高高报", "high-high", 1, 2)
OPEN = Live(5, "open", 1, 2, frozenset(), NOON)


@given(_facts, _policies)
def test_only_a_grave_alarm_or_the_one_that_makes_a_flood_opens_and_never_what_is_settled(
    alarm: AlarmFacts, policy: Policy
) -> None:
    opens = alarm_opens(alarm, policy)
    if alarm.warning or alarm.judged_false or alarm.closed or alarm.kind == RuleKind.SYSTEM:
        assert not opens
        return
    grave = policy.alarm_level is not None and RANKS.index(alarm.level) <= RANKS.index(policy.alarm_level)
    many = policy.flood_alarms > 0 and alarm.in_flood >= policy.flood_alarms
    assert opens == (grave or (many and not alarm.flood_known))


@given(_facts, _policies)
def test_a_graver_alarm_opens_whatever_a_lesser_one_opens(alarm: AlarmFacts, policy: Policy) -> None:
    for graver in RANKS[: RANKS.index(alarm.level)]:
        assert alarm_opens(alarm, policy) <= alarm_opens(replace(alarm, level=graver), policy)


@given(st.lists(_signs, max_size=12), _live, _policies)
def test_each_sign_goes_to_one_incident_at_most_and_what_opens_is_never_lost(
    signs: list[Sign], live: list[Live], policy: Policy
) -> None:
    found = sort_out(signs, live, policy)
    placed = [sign for outbreak in found for sign in outbreak.signs]
    assert sorted(map(repr, placed)) == sorted(repr(one) for one in signs if one in placed)
    assert all(sign in placed for sign in signs if sign.opens)
    assert all(outbreak.first.opens for outbreak in found if outbreak.incident_id is None)
    known = [outbreak.incident_id for outbreak in found if outbreak.incident_id is not None]
    assert len(known) == len(set(known)) and set(known) <= {one.id for one in live}


@given(st.lists(_signs, max_size=12), _live, _policies)
def test_the_order_in_which_signs_are_read_does_not_matter(signs: list[Sign], live: list[Live], policy: Policy) -> None:
    signs = [replace(sign, source_id=number) for number, sign in enumerate(signs)]
    one, other = sort_out(signs, live, policy), sort_out(signs[::-1], live[::-1], policy)
    assert [(o.incident_id, o.signs) for o in one] == [(o.incident_id, o.signs) for o in other]


@given(st.lists(_signs.filter(lambda sign: not sign.apart), max_size=12), _live, _policies)
def test_one_flood_never_makes_two_incidents(signs: list[Sign], live: list[Live], policy: Policy) -> None:
    found = sort_out(signs, [], policy)
    for group in (1, 2, 3):
        opened = [o for o in found if any(sign.group_id == group and sign is o.first for sign in o.signs)]
        assert len(opened) <= 1


@given(_signs, _live, _policies)
def test_what_does_not_open_joins_only_its_own_flood(sign: Sign, live: list[Live], policy: Policy) -> None:
    found = joined(sign, live, policy)
    if found is not None and not sign.opens:
        assert sign.group_id in found.group_ids
    if sign.apart:
        assert found is None


def test_the_same_equipment_joins_within_the_window_and_not_after_it() -> None:
    policy = Policy(join_minutes=30)
    assert joined(replace(SIGN, at=NOON + timedelta(minutes=30)), [OPEN], policy) == OPEN
    assert joined(replace(SIGN, at=NOON + timedelta(minutes=31)), [OPEN], policy) is None
    assert joined(replace(SIGN, at=NOON - timedelta(minutes=20)), [OPEN], policy) == OPEN, "sent later from a phone"


def test_other_equipment_in_the_same_area_stays_apart_but_the_area_itself_joins() -> None:
    assert joined(replace(SIGN, equipment_id=9), [OPEN], Policy()) is None
    assert joined(replace(SIGN, equipment_id=None), [OPEN], Policy()) == OPEN
    assert joined(replace(SIGN, equipment_id=None, area_id=8), [OPEN], Policy()) is None


def test_what_is_handled_is_never_low_and_as_grave_as_its_gravest_sign() -> None:
    assert handled_as([Level.LOW]) == Level.GENERAL
    assert handled_as([Level.GENERAL, Level.MAJOR, Level.LOW]) == Level.MAJOR


def test_a_hazard_opens_only_as_major_and_where_the_site_wants_it() -> None:
    assert hazard_opens("major", Policy()) and not hazard_opens("significant", Policy())
    assert not hazard_opens("major", Policy(major_hazards=False))


def test_every_kind_has_a_usual_level_and_every_point_and_factor_a_kind() -> None:
    assert set(USUAL_LEVEL) == set(IncidentKind)
    assert {kind_by_point(kind) for kind in PointKind} <= set(IncidentKind)
    assert kind_by_point(PointKind.ENVIRONMENT) == IncidentKind.GAS_LEAK
    assert kind_by_factor("person") == IncidentKind.OPERATION_VIOLATION


_typed = {"alarm_level": "major", "flood_alarms": "5", "flood_minutes": "10", "join_minutes": "30"}


def test_a_policy_is_read_as_typed() -> None:
    assert read_policy(**_typed, major_hazards=True) == Policy()
    none = read_policy(**{**_typed, "alarm_level": "", "flood_alarms": "0"}, major_hazards=False)
    assert (none.alarm_level, none.flood_alarms, none.major_hazards) == (None, 0, False)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("alarm_level", "low"),
        ("alarm_level", "x"),
        ("flood_alarms", "1"),
        ("flood_alarms", "101"),
        ("flood_alarms", "-3"),
        ("flood_minutes", "0"),
        ("join_minutes", "1441"),
        ("join_minutes", "٣"),
        ("join_minutes", ""),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(field: str, typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_policy(**{**_typed, field: typed}, major_hazards=True)
    assert list(refused.value.fields) == [field]
