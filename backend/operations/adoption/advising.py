"""What to do about adoption, each with its reason: whom to visit, who lacks a device, which page is unclear. Pure."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

FEWEST_WEEKS = 8
"""Of fewer weeks of people nothing is said about a team: two people in four weeks."""
BEHIND = 0.15
"""A team is named that lies so far below the site."""
LOW = 0.8
"""Nobody is visited where so many use it."""
WITHOUT_PHONE = 0.3
"""A role is named of which so large a share has never signed in on a phone."""
FEWEST_PEOPLE = 3
FEWEST_UNCLEAR = 2


class What(enum.StrEnum):
    """What is advised."""

    VISIT_TEAM = "visit_team"
    GIVE_PHONES = "give_phones"
    EXPLAIN_PAGE = "explain_page"
    ANSWER = "answer"


@dataclass(frozen=True)
class Use:
    """Weeks of people of one team or role: ``active`` of ``assigned`` had a day with AnSu."""

    key: str
    name: str
    name_en: str
    active: int
    assigned: int

    @property
    def share(self) -> float | None:
        """None without any."""
        return self.active / self.assigned if self.assigned else None


@dataclass(frozen=True)
class Phones:
    """People of a role, and how many of them have signed in on a phone lately."""

    role: str
    people: int
    with_phone: int


@dataclass(frozen=True)
class Advice:
    """``n`` of ``of`` are why; ``key`` says whom or what it concerns: a team's id, a role, a page."""

    what: What
    key: str
    name: str
    name_en: str
    n: int
    of: int


def advise(
    teams: Sequence[Use], phones: Sequence[Phones], unclear: Sequence[tuple[str, int]], late: int, waiting: int
) -> list[Advice]:
    """What helps most comes first: feedback that waits too long, teams behind, missing phones, a page.

    ``unclear``: pages with how often somebody said that they don't understand them; ``late`` of ``waiting`` feedbacks
    are beyond their date.
    """
    found = []
    if late:
        found.append(Advice(What.ANSWER, "", "", "", late, waiting))
    found += [_visit(one) for one in _behind(teams)]
    found += [
        Advice(What.GIVE_PHONES, one.role, "", "", one.people - one.with_phone, one.people)
        for one in phones
        if one.people >= FEWEST_PEOPLE and (one.people - one.with_phone) / one.people >= WITHOUT_PHONE
    ]
    said = sum(times for _, times in unclear)
    page, times = max(unclear, key=lambda one: one[1], default=("", 0))
    if times >= FEWEST_UNCLEAR:
        found.append(Advice(What.EXPLAIN_PAGE, page, page, page, times, said))
    return found


def _visit(one: Use) -> Advice:
    return Advice(What.VISIT_TEAM, one.key, one.name, one.name_en, one.active, one.assigned)


def _behind(teams: Sequence[Use]) -> list[Use]:
    """At most two, the farthest behind first."""
    assigned = sum(one.assigned for one in teams)
    if not assigned:
        return []
    site = sum(one.active for one in teams) / assigned
    named = [
        (one.active / one.assigned, one)
        for one in teams
        if one.assigned >= FEWEST_WEEKS and one.key and one.active / one.assigned < min(LOW, site - BEHIND)
    ]
    return [one for _, one in sorted(named, key=lambda pair: pair[0])[:2]]
