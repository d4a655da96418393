"""Nobody's phone learns of what they may not see."""

import pytest

from backend.core.events import Event
from backend.delivery.audience import may_be_told
from backend.identity.actor import Actor
from backend.identity.models import Role


def actor(role: Role, *, site_id: int = 1, person_id: int = 10, team_id: int | None = 3) -> Actor:
    return Actor(person_id=person_id, site_id=site_id, role=role, name="王强", team_id=team_id)


def event(subject: str, **data: object) -> Event:
    return Event(id=1, txid=1, site_id=1, kind=f"{subject}.x", subject=subject, subject_id=5, data=dict(data))


@pytest.mark.parametrize("role", list(Role))
def test_everybody_at_the_site_is_told_of_an_alarm(role: Role) -> None:
    assert may_be_told(actor(role), event("alarm"))


@pytest.mark.parametrize("role", list(Role))
def test_nobody_of_another_site_is_told(role: Role) -> None:
    assert not may_be_told(actor(role, site_id=2), event("alarm"))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"told": [10]}, True),
        ({"told": [11], "team_id": 3}, True),
        ({"told": [11], "team_id": 4}, False),
        ({"told": []}, False),
    ],
)
def test_a_worker_is_told_of_rectifications_that_concern_them_or_their_team(
    data: dict[str, object], told: bool
) -> None:
    assert may_be_told(actor(Role.WORKER), event("rectification", **data)) is told


def test_a_leader_is_told_of_every_rectification() -> None:
    assert may_be_told(actor(Role.LEADER), event("rectification", told=[99]))


@pytest.mark.parametrize("role", list(Role))
def test_of_a_course_only_those_are_told_whom_it_names(role: Role) -> None:
    assert may_be_told(actor(role), event("course", told=[10]))
    assert not may_be_told(actor(role), event("course", told=[11]))


def test_events_of_unknown_subjects_stay_inside() -> None:
    assert not may_be_told(actor(Role.ADMIN), event("password"))
