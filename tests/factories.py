"""Rows for tests, each made with what it needs and nothing else. Every field can be given by name.

Codes and accounts are unique over the whole run, so that tests of one module share its database.
"""

import itertools
from functools import cache
from typing import Any, TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from backend.alarms.models import Alarm, AlarmRule, Level, RuleKind
from backend.identity.actor import Actor
from backend.identity.models import Person, Post, PostHolder, Role, Site, Team
from backend.plant.models import Area, Equipment, Link, Point

PASSWORD = "correct horse battery"

_serial = itertools.count(1)
_Row = TypeVar("_Row", bound=SQLModel)


def unique(word: str) -> str:
    """``word`` with a number nobody else got in this run."""
    return f"{word}{next(_serial)}"


async def made(session: AsyncSession, row: _Row) -> _Row:
    """``row`` with its id."""
    session.add(row)
    await session.flush()
    return row


@cache
def cheap_hash(password: str) -> str:
    """An argon2id hash with the smallest parameters, so that a test that signs in takes no time."""
    return PasswordHash([Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)]).hash(password)


async def make_site(session: AsyncSession, code: str = "", **fields: Any) -> Site:
    """A plant."""
    code = code or unique("site")
    return await made(session, Site(**{"code": code, "name": f"厂区{code}", "name_en": f"Site {code}", **fields}))


async def make_team(session: AsyncSession, site: Site, code: str = "", **fields: Any) -> Team:
    """A team without people."""
    code = code or unique("team")
    return await made(
        session, Team(**{"site_id": site.id, "code": code, "name": f"{code}班", "name_en": f"Team {code}", **fields})
    )


async def make_person(
    session: AsyncSession,
    site: Site,
    role: Role | str = Role.WORKER,
    team: Team | None = None,
    account: str = "",
    password: str = PASSWORD,
    **fields: Any,
) -> Person:
    """Somebody who can sign in with ``password``."""
    account = account or unique("person")
    values = {
        "site_id": site.id,
        "account": account,
        "name": f"员工{account}",
        "name_en": account.title(),
        "role": Role(role),
        "team_id": team.id if team else None,
        "password_hash": cheap_hash(password),
    }
    return await made(session, Person(**{**values, **fields}))


async def make_post(session: AsyncSession, site: Site, code: str = "", **fields: Any) -> Post:
    """A post that nobody holds."""
    code = code or unique("post")
    return await made(
        session, Post(**{"site_id": site.id, "code": code, "name": f"{code}岗", "name_en": f"Post {code}", **fields})
    )


async def hold_post(session: AsyncSession, post: Post, person: Person) -> PostHolder:
    """Let ``person`` hold ``post`` from now on."""
    return await made(session, PostHolder(site_id=post.site_id, post_id=post.id, person_id=person.id))


async def make_area(session: AsyncSession, site: Site, team: Team | None = None, code: str = "", **fields: Any) -> Area:
    """An area, kept by ``team``."""
    code = code or unique("area")
    values = {"site_id": site.id, "code": code, "name": f"{code}区", "name_en": f"Area {code}"}
    return await made(session, Area(**{**values, "team_id": team.id if team else None, **fields}))


async def make_equipment(
    session: AsyncSession,
    site: Site,
    area: Area | None = None,
    owner: Post | None = None,
    code: str = "",
    **fields: Any,
) -> Equipment:
    """A piece of equipment in ``area``, owned by the post ``owner``."""
    code = code or unique("E-")
    values = {
        "site_id": site.id,
        "code": code,
        "name": f"设备{code}",
        "name_en": f"Unit {code}",
        "area_id": area.id if area else None,
        "owner_post_id": owner.id if owner else None,
    }
    return await made(session, Equipment(**{**values, **fields}))


async def make_point(
    session: AsyncSession, site: Site, equipment: Equipment | None = None, code: str = "", **fields: Any
) -> Point:
    """A point on ``equipment``; a pressure in kPa unless told otherwise."""
    code = code or unique("P-")
    values = {
        "site_id": site.id,
        "code": code,
        "name": f"测点{code}",
        "name_en": f"Point {code}",
        "unit": "kPa",
        "equipment_id": equipment.id if equipment else None,
    }
    return await made(session, Point(**{**values, **fields}))


async def make_link(session: AsyncSession, source: Equipment | Point, target: Equipment | Point, **fields: Any) -> Link:
    """An edge of the plant graph from ``source`` to ``target``."""
    ends = {
        ("source_equipment_id" if isinstance(source, Equipment) else "source_point_id"): source.id,
        ("target_equipment_id" if isinstance(target, Equipment) else "target_point_id"): target.id,
    }
    return await made(session, Link(**{"site_id": source.site_id, **ends, **fields}))


async def make_rule(session: AsyncSession, site: Site, point: Point | None = None, **fields: Any) -> AlarmRule:
    """A rule; by default H 100 and HH 120 (major) with a deadband of 5 on ``point``."""
    values: dict[str, Any] = {
        "site_id": site.id,
        "point_id": point.id if point else None,
        "kind": RuleKind.THRESHOLD,
        "name": unique("规则"),
        "level": Level.GENERAL,
        "parameters": {"limits": {"H": {"value": 100.0}, "HH": {"value": 120.0, "level": "major"}}},
        "deadband": 5.0,
    }
    return await made(session, AlarmRule(**{**values, **fields}))


async def make_alarm(
    session: AsyncSession, site: Site, point: Point | None = None, rule: AlarmRule | None = None, **fields: Any
) -> Alarm:
    """An alarm as if it had just been raised; without ``rule`` it stands for itself."""
    values: dict[str, Any] = {
        "site_id": site.id,
        "condition_key": unique(f"{rule.id if rule else 0}:H"),
        "rule_id": rule.id if rule else None,
        "point_id": point.id if point else None,
        "equipment_id": point.equipment_id if point else None,
        "kind": RuleKind.THRESHOLD,
        "limit_name": "H",
        "level": Level.GENERAL,
        "title": unique("压力高"),
        "title_en": unique("Pressure high "),
    }
    return await made(session, Alarm(**{**values, **fields}))


async def actor_for(session: AsyncSession, person: Person) -> Actor:
    """``person`` as who asks, as a sign-in would make them."""
    site = await session.get_one(Site, person.site_id)
    held = select(col(PostHolder.post_id)).where(
        col(PostHolder.person_id) == person.id, col(PostHolder.until).is_(None)
    )
    return Actor(
        person_id=person.id,
        site_id=person.site_id,
        role=Role(person.role),
        name=person.name,
        name_en=person.name_en,
        account=person.account,
        team_id=person.team_id,
        post_ids=frozenset(await session.scalars(held)),
        locale=person.locale or "zh_CN",
        theme=person.theme,
        site_code=site.code,
        site_name=site.name,
        site_name_en=site.name_en,
        modules_off=frozenset(site.modules_off),
        time_zone=site.time_zone,
    )
