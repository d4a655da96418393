"""What is near on the plant, and who is told when."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.alarms.escalation import USUAL_LADDERS, ladder_from
from backend.alarms.grouping import Neighbourhood
from backend.alarms.models import Level
from backend.identity.models import Role

T0 = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
CHAIN = Neighbourhood([(1, 2), (2, 3), (3, 4), (4, 5)])


def test_what_is_three_links_away_in_either_direction_is_near_and_no_more() -> None:
    assert CHAIN.within(1) == {1, 2, 3, 4}
    assert CHAIN.within(5) == {2, 3, 4, 5}


def test_equipment_without_links_is_near_to_itself() -> None:
    assert CHAIN.within(99) == {99}


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
