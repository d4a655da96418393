"""Which flood an alarm joins, and who is told when."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.alarms.escalation import USUAL_LADDERS, ladder_from
from backend.alarms.grouping import Neighbourhood, OpenGroup, group_for
from backend.alarms.models import Level
from backend.identity.models import Role

T0 = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
CHAIN = Neighbourhood([(1, 2), (2, 3), (3, 4), (4, 5)])


def group(id_: int, equipment: int, minutes_ago: float = 1) -> OpenGroup:
    return OpenGroup(id_, T0 - timedelta(minutes=minutes_ago), frozenset({equipment}))


def test_an_alarm_joins_the_flood_three_links_away_in_either_direction() -> None:
    assert group_for(1, T0, [group(7, 4)], CHAIN) == 7
    assert group_for(4, T0, [group(7, 1)], CHAIN) == 7


def test_an_alarm_four_links_away_or_elsewhere_opens_its_own() -> None:
    assert group_for(1, T0, [group(7, 5), group(8, 99)], CHAIN) is None


def test_the_same_equipment_needs_no_link() -> None:
    assert group_for(99, T0, [group(7, 99)], CHAIN) == 7


def test_a_flood_that_has_been_quiet_for_ten_minutes_takes_no_more() -> None:
    assert group_for(1, T0, [group(7, 1, minutes_ago=10)], CHAIN) == 7
    assert group_for(1, T0, [group(7, 1, minutes_ago=10.1)], CHAIN) is None


def test_of_two_floods_the_later_one_is_joined() -> None:
    assert group_for(2, T0, [group(7, 1, 5), group(8, 3, 2)], CHAIN) == 8


def test_an_alarm_nobody_placed_stands_alone() -> None:
    assert group_for(None, T0, [group(7, 1)], CHAIN) is None


def test_the_ladder_climbs_leader_manager_safety_officer_and_then_repeats_to_all() -> None:
    ladder = USUAL_LADDERS[Level.MAJOR]
    assert [ladder.roles_at(step) for step in range(4)] == [
        (Role.LEADER,),
        (Role.MANAGER,),
        (Role.SAFETY_OFFICER,),
        (Role.LEADER, Role.MANAGER, Role.SAFETY_OFFICER),
    ]
    assert [ladder.repeats(step) for step in range(4)] == [False, False, False, True]


def test_rungs_are_due_by_the_alarm_s_moment_though_a_worker_is_late() -> None:
    ladder = USUAL_LADDERS[Level.MAJOR]
    late = T0 + timedelta(hours=1)
    due = ladder.next_due(0, ladder.first_due(T0), late)
    assert due == T0 + timedelta(seconds=60)
    assert ladder.next_due(1, due, late) == T0 + timedelta(seconds=180)
    assert ladder.next_due(2, T0 + timedelta(seconds=180), late) == late + timedelta(seconds=120)


def test_a_site_s_own_ladder_must_tell_somebody() -> None:
    with pytest.raises(ValueError, match="rungs"):
        ladder_from([], 60)
    with pytest.raises(ValueError, match="role"):
        ladder_from([{"after_s": 0, "roles": []}], 60)
    assert ladder_from([{"after_s": 0, "roles": ["admin"]}], 1).repeat_s == 10
