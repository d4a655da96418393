"""Statements as pages read them: of a month, of a person; never the records behind them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, Select, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlmodel import col

from backend.core.clock import now
from backend.identity.actor import Actor
from backend.identity.models import Person, Post, Team
from backend.identity.permissions import made_once, visible
from backend.identity.scoping import get_visible
from backend.operations.duty.models import DutyAppeal, DutyMonth, DutyReward, DutyStatement
from backend.operations.duty.months import first_of, quarter
from backend.operations.duty.queries.rules import Numbered, rule_numbered
from backend.operations.duty.scoring import Facts, Result, score

_GAINS = '$.rows[*] ? (@.kind == "report_accepted" || @.kind == "report_grave")'
"""Rows of ``rules.GAINS``: a list needs their number alone, not all facts of everybody."""
_PERSON, _MONTH = bindparam("person", type_=BigInteger), bindparam("month", type_=Date)
MOST_MONTHS = 36


@dataclass(frozen=True)
class Brief:
    """A person's newest statement of a month, as a list shows it."""

    statement: DutyStatement
    person: Person
    team: Team | None
    highlights: int
    """How many rows earned points."""

    @property
    def points(self) -> float | None:
        """The score as a number."""
        return None if self.statement.score is None else float(self.statement.score)


@dataclass(frozen=True)
class View:
    """A person's month: the newest statement with its lines, its rule, all versions, appeals by key, rewards."""

    person: Person
    team: Team | None
    posts: Sequence[Post]
    month: date
    statement: DutyStatement | None
    facts: Facts
    result: Result | None
    rule: Numbered
    versions: Sequence[DutyStatement]
    appeals: Mapping[str, DutyAppeal]
    rewards: Sequence[DutyReward]
    frozen_at: datetime | None
    months: Sequence[date]
    """Those that have statements, as ``months_kept`` says."""
    quarter: Sequence[tuple[date, float | None]]


def present_month(actor: Actor) -> date:
    """The month that runs at the actor's site."""
    return first_of(now().astimezone(actor.zone).date())


def site_day(actor: Actor) -> date:
    """Which day it is at the actor's site."""
    return now().astimezone(actor.zone).date()


@made_once
def _newest(actor: Actor) -> Select[Any]:
    """Of each person and month the statement that counts."""
    return (
        select(DutyStatement)
        .where(visible(actor, DutyStatement))
        .ext(distinct_on(col(DutyStatement.month), col(DutyStatement.person_id)))
        .order_by(col(DutyStatement.month), col(DutyStatement.person_id), col(DutyStatement.version).desc())
    )


async def of_month(session: AsyncSession, actor: Actor, month: date) -> list[Brief]:
    """Everybody's newest statement, as far as the actor may see them."""
    newest = _newest(actor).where(col(DutyStatement.month) == month).subquery()
    gains = func.jsonb_path_query_array(col(DutyStatement.facts), cast(_GAINS, JSONPATH))
    statement = (
        select(DutyStatement, Person, Team, func.jsonb_array_length(gains))
        .join(newest, newest.c.id == col(DutyStatement.id))
        .join(Person, col(Person.id) == col(DutyStatement.person_id))
        .outerjoin(Team, col(Team.id) == col(DutyStatement.team_id))
        .where(visible(actor, DutyStatement))
        .order_by(col(DutyStatement.score).desc().nulls_last(), col(Person.id))
        .options(defer(DutyStatement.facts, raiseload=True))  # type: ignore[arg-type]
    )
    return [Brief(*row) for row in await session.execute(statement)]


async def of_months(session: AsyncSession, actor: Actor, months: Sequence[date]) -> Sequence[DutyStatement]:
    """The newest statements of several months."""
    return (await session.scalars(_newest(actor).where(col(DutyStatement.month).in_(months)))).all()


async def of_person(session: AsyncSession, actor: Actor, person_id: int, month: date) -> View:
    """A person's month. Raises NotFound for somebody whom the actor may not see the statements of."""
    person = await get_visible(session, actor, Person, person_id)
    await _check_seen(session, actor, person)
    asked = {"person": person_id, "month": month}
    first, *_, last = quarter(month)
    all_ = (await session.scalars(_of_quarter(actor), {**asked, "first": first, "last": last})).all()
    kept = {one: at for one, at in await session.execute(_kept(actor))}
    versions = [one for one in all_ if one.month == month]
    newest: dict[date, DutyStatement] = {}
    for one in all_:
        newest.setdefault(one.month, one)
    statement = newest.get(month)
    facts = Facts.of(statement.facts) if statement else Facts()
    number = statement.rule_number if statement else 0
    rule = await rule_numbered(session, actor, number)
    return View(
        person,
        await _team(session, actor, statement.team_id if statement else person.team_id),
        await _posts(session, actor, statement.post_ids if statement else []),
        month,
        statement,
        facts,
        score(facts, rule, statement.excused) if statement else None,
        Numbered(number, rule),
        [one for one in versions if one.version > 0],
        {one.row_key: one for one in await session.scalars(_appeals(actor), asked)},
        (await session.scalars(_rewards(actor), asked)).all(),
        kept.get(month),
        _months(actor, kept),
        [(one, float(newest[one].score or 0) if newest[one].score is not None else None) for one in sorted(newest)],
    )


async def frozen_at(session: AsyncSession, actor: Actor, month: date) -> datetime | None:
    """When the month's statements were made; None while they aren't."""
    wanted = select(col(DutyMonth.frozen_at)).where(visible(actor, DutyMonth), col(DutyMonth.month) == month)
    return await session.scalar(wanted)


async def months_kept(session: AsyncSession, actor: Actor) -> Sequence[date]:
    """Months that have statements, the newest first, with the one that runs."""
    return _months(actor, (await session.scalars(_kept(actor))).all())


def _months(actor: Actor, kept: Iterable[date]) -> Sequence[date]:
    return sorted({present_month(actor), *kept}, reverse=True)[: MOST_MONTHS + 1]


@made_once
def _kept(actor: Actor) -> Select[date, datetime]:
    """Months whose statements were made, and when: twelve a year."""
    return select(col(DutyMonth.month), col(DutyMonth.frozen_at)).where(visible(actor, DutyMonth))


async def teams_and_posts(session: AsyncSession, actor: Actor) -> tuple[dict[int, Team], dict[int, Post]]:
    """The site's teams and posts by id."""
    teams = await session.scalars(select(Team).where(visible(actor, Team)))
    posts = await session.scalars(select(Post).where(visible(actor, Post)))
    return {team.id: team for team in teams}, {post.id: post for post in posts}


async def _check_seen(session: AsyncSession, actor: Actor, person: Person) -> None:
    """A person of whom there is no statement yet is seen by whoever would see theirs."""
    if actor.can("duty.govern") or person.id == actor.person_id:
        return
    if actor.can("duty.list") and actor.team_id is not None and person.team_id == actor.team_id:
        return
    await get_visible(session, actor, DutyStatement, 0)


async def _team(session: AsyncSession, actor: Actor, team_id: int | None) -> Team | None:
    return await get_visible(session, actor, Team, team_id) if team_id else None


async def _posts(session: AsyncSession, actor: Actor, ids: Sequence[int]) -> Sequence[Post]:
    if not ids:
        return ()
    wanted = select(Post).where(visible(actor, Post), col(Post.id).in_(ids)).order_by(col(Post.id))
    return (await session.scalars(wanted)).all()


@made_once
def _of_quarter(actor: Actor) -> Select[Any]:
    """Statements of a person from the month ``first`` to ``last``, the newest version of each month first."""
    month = col(DutyStatement.month)
    return (
        select(DutyStatement)
        .where(
            visible(actor, DutyStatement),
            col(DutyStatement.person_id) == _PERSON,
            month.between(bindparam("first", type_=Date), bindparam("last", type_=Date)),
        )
        .order_by(month, col(DutyStatement.version).desc())
    )


@made_once
def _appeals(actor: Actor) -> Select[Any]:
    of_person = (col(DutyAppeal.person_id) == _PERSON, col(DutyAppeal.month) == _MONTH)
    return select(DutyAppeal).where(visible(actor, DutyAppeal), *of_person)


@made_once
def _rewards(actor: Actor) -> Select[Any]:
    of_person = (col(DutyReward.person_id) == _PERSON, col(DutyReward.month) == _MONTH)
    return select(DutyReward).where(visible(actor, DutyReward), *of_person).order_by(col(DutyReward.id))
