"""Its people: teams with a leader each, posts with who held them when, and those who govern."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from backend.identity.models import Person, Post, PostHolder, Role, Team
from scripts.years.ledger import Ledger
from scripts.years.rhythm import Span
from scripts.years.size import Size

_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚"
GOVERNING = 6
"""An administrator, two managers, three safety officers."""


@dataclass(frozen=True)
class Crew:
    """Who is there, by id. ``workers`` and ``leader`` by team."""

    teams: list[int]
    posts: list[int]
    workers: dict[int, list[int]]
    leader: dict[int, int]
    officers: list[int]
    manager: int
    held_by: dict[int, list[int]] = field(default_factory=dict)
    """Who holds each post now."""


async def hire(ledger: Ledger, span: Span, size: Size, prefix: str, password_hash: str) -> Crew:
    """Write teams, posts and people. Accounts are ``<prefix>-admin``, ``-manager1``, ``-officer1``, ``-leader1``,
    ``-worker1`` and so on."""
    await ledger.open(Team, Post, Person)
    teams = [ledger.id(Team) for _ in range(size.teams)]
    named = [(one, f"T{n:02}", f"{n:02} 班") for n, one in enumerate(teams, 1)]
    await ledger.copy(Team, ("id", "code", "name"), named)
    posts = [ledger.id(Post) for _ in range(size.areas)]
    called = [(one, f"G{n:02}", f"{n:02} 区操作岗") for n, one in enumerate(posts, 1)]
    await ledger.copy(Post, ("id", "code", "name"), called)
    dice = span.dice("people")
    rows: list[tuple[object, ...]] = []

    def hired(account: str, role: Role, team: int | None) -> int:
        name = dice.choice(_FAMILY) + dice.choice(_GIVEN) + dice.choice(("", dice.choice(_GIVEN)))
        person = ledger.id(Person)
        rows.append((person, f"{prefix}-{account}", name, role, team, password_hash, True, span.since))
        return person

    hired("admin", Role.ADMIN, None)
    managers = [hired(f"manager{n}", Role.MANAGER, None) for n in (1, 2)]
    officers = [hired(f"officer{n}", Role.SAFETY_OFFICER, None) for n in (1, 2, 3)]
    leader = {team: hired(f"leader{n}", Role.LEADER, team) for n, team in enumerate(teams, 1)}
    workers: dict[int, list[int]] = {team: [] for team in teams}
    for number in range(size.people - GOVERNING - len(teams)):
        team = teams[number % len(teams)]
        workers[team].append(hired(f"worker{number + 1}", Role.WORKER, team))
    told = ("id", "account", "name", "role", "team_id", "password_hash", "sample", "created_at")
    await ledger.copy(Person, told, rows)
    return Crew(teams, posts, workers, leader, officers, managers[0])


async def post_people(ledger: Ledger, span: Span, crew: Crew, post_teams: dict[int, int]) -> None:
    """Let each worker hold a post of their team's, a sixth of them another one before. ``post_teams``: of each post."""
    dice = span.dice("posts")
    of_team: dict[int, list[int]] = {}
    for post, team in post_teams.items():
        of_team.setdefault(team, []).append(post)
        crew.held_by[post] = []
    rows: list[tuple[int, int, datetime, datetime | None]] = []
    for team, people in crew.workers.items():
        for place, person in enumerate(people):
            mine = of_team.get(team) or crew.posts
            post = mine[place % len(mine)]
            since = span.since - timedelta(days=30)
            if dice.random() < 1 / 6:
                moved = span.at(dice.randrange(span.hours) * 3600)
                rows.append((crew.posts[(place + 1) % len(crew.posts)], person, since, moved))
                since = moved
            rows.append((post, person, since, None))
            crew.held_by[post].append(person)
    await ledger.copy(PostHolder, ("post_id", "person_id", "since", "until"), rows)
