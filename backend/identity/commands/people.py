"""What administrators do about people. Nobody disables or demotes themself, nor the last administrator."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.drafts import PersonDraft
from backend.identity.models import Person, Post, PostHolder, Role, Team
from backend.identity.passwords import hash_password, one_time_password
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.identity.sessions import revoke

_TYPED = ("name", "name_en", "phone", "role")


async def create_person(session: AsyncSession, actor: Actor, draft: PersonDraft) -> tuple[Person, str]:
    """A new person of the actor's site, and the one-time password to tell them.

    Raises Invalid by field, also when the account is taken (accounts are unique over all sites).
    """
    require(actor, "people.edit")
    draft = draft.checked(new=True)
    team = await _team(session, actor, draft.team_id)
    names = await _post_names(session, actor, draft.post_ids)
    password = one_time_password()
    person = Person(
        site_id=actor.site_id,
        account=draft.account,
        team_id=team.id if team else None,
        password_hash=await hash_password(password),
        must_change_password=True,
        **{field: getattr(draft, field) for field in _TYPED},
    )
    await _insert(session, person)
    change: dict[str, Any] = {field: [None, getattr(draft, field)] for field in ("account", *_TYPED)}
    change |= {"team": [None, team.name]} if team else {}
    change |= await _hold(session, actor, person, draft.post_ids, names)
    await record_change(session, actor, "person.create", "person", person.id, change)
    return person, password


async def edit_person(session: AsyncSession, actor: Actor, person_id: int, draft: PersonDraft) -> Person:
    """Put ``draft`` in the place of what is known of a person. Raises NotFound, Conflict, Invalid by field."""
    require(actor, "people.edit")
    draft = draft.checked()
    admins = await _held_administrators(session, actor)
    person = await get_visible(session, actor, Person, person_id, lock=True)
    if draft.role != Role.ADMIN:
        _keep_an_administrator(actor, person, admins)
    team = await _team(session, actor, draft.team_id)
    names = await _post_names(session, actor, draft.post_ids)
    change: dict[str, Any] = {
        field: [getattr(person, field), getattr(draft, field)]
        for field in _TYPED
        if getattr(person, field) != getattr(draft, field)
    }
    if person.team_id != draft.team_id:
        former = await get_visible(session, actor, Team, person.team_id) if person.team_id else None
        change["team"] = [former.name if former else "", team.name if team else ""]
    person.team_id = draft.team_id
    for field in _TYPED:
        setattr(person, field, getattr(draft, field))
    change |= await _hold(session, actor, person, draft.post_ids, names)
    if change:
        await record_change(session, actor, "person.edit", "person", person.id, change)
    return person


async def set_active(session: AsyncSession, actor: Actor, person_id: int, *, active: bool) -> Person:
    """Let a person in again, or shut them out: their sign-ins end at once. Raises NotFound, Conflict."""
    require(actor, "people.edit")
    admins = await _held_administrators(session, actor)
    person = await get_visible(session, actor, Person, person_id, lock=True)
    if person.active == active:
        return person
    if not active:
        _keep_an_administrator(actor, person, admins)
        await revoke(session, person.id)
    person.active = active
    person.left_at = None if active else now()
    verb = "person.enable" if active else "person.disable"
    await record_change(session, actor, verb, "person", person.id, {"active": [not active, active]})
    return person


async def reset_password(session: AsyncSession, actor: Actor, person_id: int) -> tuple[Person, str]:
    """A new one-time password, shown once; the person's sign-ins end. Raises NotFound, Conflict for one's own."""
    require(actor, "people.edit")
    person = await get_visible(session, actor, Person, person_id, lock=True)
    if person.id == actor.person_id:
        raise Conflict(N_("自己的密码请在“我的”里修改"))
    password = one_time_password()
    person.password_hash = await hash_password(password)
    person.must_change_password = True
    ended = await revoke(session, person.id)
    change = {"ended_sign_ins": [None, ended]}
    await record_change(session, actor, "person.reset_password", "person", person.id, change)
    return person, password


async def end_sign_ins(session: AsyncSession, actor: Actor, person_id: int) -> int:
    """End all sign-ins of a person but the one that asks. Gives how many ended. Raises NotFound."""
    require(actor, "people.edit")
    person = await get_visible(session, actor, Person, person_id, lock=True)
    ended = await revoke(session, person.id, keep=actor.session_id)
    change = {"ended_sign_ins": [None, ended]}
    await record_change(session, actor, "person.end_sign_in", "person", person.id, change)
    return ended


async def _held_administrators(session: AsyncSession, actor: Actor) -> set[int]:
    """Active administrators, locked in one order: of two who turn on each other the second sees the first."""
    admins = select(col(Person.id)).where(
        visible(actor, Person), col(Person.role) == Role.ADMIN, col(Person.active).is_(True)
    )
    return set(await session.scalars(admins.order_by(col(Person.id)).with_for_update(key_share=True)))


def _keep_an_administrator(actor: Actor, person: Person, admins: set[int]) -> None:
    """Raise Conflict when ``person`` is an administrator who can't be spared: the actor, or the last one."""
    if person.role != Role.ADMIN:
        return
    if person.id == actor.person_id:
        raise Conflict(N_("不能停用自己的账号，也不能取消自己的管理员角色"))
    if not admins - {person.id}:
        raise Conflict(N_("至少要保留一名启用的系统管理员"))


async def _team(session: AsyncSession, actor: Actor, team_id: int | None) -> Team | None:
    if team_id is None:
        return None
    found = await session.scalars(select(Team).where(visible(actor, Team), col(Team.id) == team_id))
    team = found.one_or_none()
    if team is None:
        raise Invalid(fields={"team_id": N_("请选择班组")})
    return team


async def _insert(session: AsyncSession, person: Person) -> None:
    """The database alone knows all sites' accounts."""
    try:
        async with session.begin_nested():
            session.add(person)
    except IntegrityError:
        raise Invalid(fields={"account": N_("这个账号已被使用，请换一个")}) from None


async def _post_names(session: AsyncSession, actor: Actor, wanted: frozenset[int]) -> dict[int, str]:
    """The site's posts by id. Raises Invalid when ``wanted`` holds another."""
    known = await session.scalars(select(Post).where(visible(actor, Post)).order_by(col(Post.id)))
    names = {post.id: post.name for post in known}
    if wanted - names.keys():
        raise Invalid(fields={"post_ids": N_("请选择岗位")})
    return names


async def _hold(
    session: AsyncSession, actor: Actor, person: Person, wanted: frozenset[int], names: dict[int, str]
) -> dict[str, Any]:
    """Let ``person`` hold exactly the posts ``wanted``; gives the change for the audit entry."""
    current = select(col(PostHolder.post_id)).where(
        visible(actor, PostHolder), col(PostHolder.person_id) == person.id, col(PostHolder.until).is_(None)
    )
    held = frozenset(await session.scalars(current))
    if held == wanted:
        return {}
    await session.execute(
        update(PostHolder)
        .where(
            visible(actor, PostHolder),
            col(PostHolder.person_id) == person.id,
            col(PostHolder.until).is_(None),
            col(PostHolder.post_id).in_(held - wanted),
        )
        .values(until=now())
    )
    session.add_all(
        PostHolder(site_id=actor.site_id, post_id=post_id, person_id=person.id) for post_id in sorted(wanted - held)
    )
    await session.flush()
    return {"posts": [[names[id_] for id_ in sorted(ids)] for ids in (held, wanted)]}
