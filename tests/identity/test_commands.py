"""What people do about themselves and administrators about people, on a real database, each change audited."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from backend.core.ratelimit import RateLimits
from backend.identity import passwords
from backend.identity.actor import Actor
from backend.identity.commands import own, people
from backend.identity.commands.signing import Attempt, sign_in, sign_out
from backend.identity.drafts import PersonDraft
from backend.identity.models import AuditEntry, Person, PostHolder, Role, Site
from backend.identity.passwords import verify_password
from backend.identity.sessions import actor_of, open_session
from tests.factories import (
    PASSWORD,
    actor_for,
    cheap_hash,
    hold_post,
    make_person,
    make_post,
    make_site,
    make_team,
    unique,
)

NEW = "a quite different one"


async def somebody(database: Database, site: Site, role: Role = Role.ADMIN, **fields: Any) -> tuple[Person, Actor]:
    async with database.session() as session:
        person = await make_person(session, site, role, **fields)
        return person, await actor_for(session, person)


async def do(
    database: Database, actor: Actor, command: Callable[..., Awaitable[Any]], *arguments: Any, **named: Any
) -> Any:
    async with database.session(site_id=actor.site_id) as session:
        return await command(session, actor, *arguments, **named)


async def audited(database: Database, person_id: int) -> list[AuditEntry]:
    async with database.session() as session:
        entries = select(AuditEntry).where(col(AuditEntry.object_type) == "person")
        return list(
            await session.scalars(entries.where(col(AuditEntry.object_id) == person_id).order_by(col(AuditEntry.id)))
        )


async def signed_in_token(database: Database, person: Person) -> str:
    async with database.session() as session:
        return await open_session(session, person, device="phone", address="10.0.0.7")


async def still_in(database: Database, token: str) -> bool:
    async with database.session() as session:
        return await actor_of(session, token) is not None


async def attempt(database: Database, limits: RateLimits, account: str, password: str, **further: str) -> str | None:
    async with database.session() as session:
        tried = Attempt(account, password, address=further.pop("address", unique("address")), **further)
        return await sign_in(session, limits, tried)


async def test_account_and_password_open_a_sign_in_and_the_account_may_be_typed_in_capitals(
    database: Database, limits: RateLimits, site: Site
) -> None:
    person, _ = await somebody(database, site)
    token = await attempt(database, limits, f" {person.account.upper()} ", PASSWORD)
    async with database.session() as session:
        actor = await actor_of(session, token or "")
    assert actor is not None
    assert (actor.person_id, actor.site_id, actor.role) == (person.id, site.id, Role.ADMIN)
    assert [entry.action for entry in await audited(database, person.id)] == ["person.sign_in"]


async def test_wrong_password_no_account_and_a_disabled_person_are_refused_alike(
    database: Database, limits: RateLimits, site: Site
) -> None:
    person, _ = await somebody(database, site)
    disabled, _ = await somebody(database, site, active=False)
    assert await attempt(database, limits, person.account, "wrong") is None
    assert await attempt(database, limits, unique("nobody"), PASSWORD) is None
    assert await attempt(database, limits, disabled.account, PASSWORD) is None
    entry = (await audited(database, person.id))[0]
    assert (entry.action, entry.actor_id) == ("person.sign_in_failed", None)


async def test_ten_failures_lock_an_account_from_everywhere_and_successes_never_count(
    database: Database, limits: RateLimits, site: Site
) -> None:
    person, _ = await somebody(database, site)
    other, _ = await somebody(database, site)
    for _ in range(12):
        assert await attempt(database, limits, person.account, PASSWORD)
    for _ in range(10):
        assert await attempt(database, limits, person.account, "wrong") is None
    with pytest.raises(TooMany):
        await attempt(database, limits, person.account, PASSWORD)
    assert await attempt(database, limits, other.account, PASSWORD)


async def test_fifty_failures_lock_an_address_whatever_accounts_they_named(
    database: Database, limits: RateLimits, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_decoy", partial(cheap_hash, "nobody's"))
    person, _ = await somebody(database, site)
    for number in range(50):
        assert await attempt(database, limits, f"{unique('guess')}{number}", "x", address="203.0.113.9") is None
    with pytest.raises(TooMany):
        await attempt(database, limits, person.account, PASSWORD, address="203.0.113.9")
    assert await attempt(database, limits, person.account, PASSWORD, address="203.0.113.10")


async def test_a_burst_of_guesses_at_once_gets_hardly_more_tries_than_one_after_another(
    database: Database, limits: RateLimits, site: Site
) -> None:
    person, _ = await somebody(database, site)
    tries = await asyncio.gather(
        *(attempt(database, limits, person.account, "wrong") for _ in range(40)), return_exceptions=True
    )
    assert 10 <= sum(answer is None for answer in tries) <= 14
    assert all(answer is None or isinstance(answer, TooMany) for answer in tries)


async def test_signing_in_again_ends_what_the_browser_held_so_that_nobody_can_plant_a_session(
    database: Database, limits: RateLimits, site: Site
) -> None:
    attacker, _ = await somebody(database, site)
    victim, _ = await somebody(database, site)
    planted = await signed_in_token(database, attacker)
    token = await attempt(database, limits, victim.account, PASSWORD, held=planted)
    assert token != planted
    assert not await still_in(database, planted)


async def test_signing_out_ends_the_sign_in_that_asks_and_no_other(database: Database, site: Site) -> None:
    person, _ = await somebody(database, site)
    here, elsewhere = await signed_in_token(database, person), await signed_in_token(database, person)
    async with database.session() as session:
        actor = await actor_of(session, here)
        assert actor is not None
        await sign_out(session, actor)
    assert not await still_in(database, here)
    assert await still_in(database, elsewhere)


async def test_a_new_password_needs_the_old_one_and_ends_the_other_sign_ins(
    database: Database, limits: RateLimits, site: Site
) -> None:
    person, _ = await somebody(database, site, must_change_password=True)
    here, elsewhere = await signed_in_token(database, person), await signed_in_token(database, person)
    async with database.session() as session:
        actor = await actor_of(session, here)
        assert actor is not None
        assert actor.must_change_password
        with pytest.raises(Invalid) as refused:
            await own.change_password(session, limits, actor, "wrong", NEW)
        assert set(refused.value.fields) == {"old"}
        await own.change_password(session, limits, actor, PASSWORD, NEW)
    assert await still_in(database, here)
    assert not await still_in(database, elsewhere)
    assert await attempt(database, limits, person.account, NEW)
    assert await attempt(database, limits, person.account, PASSWORD) is None
    change = (await audited(database, person.id))[0]
    assert change.action == "person.change_password"
    assert NEW not in str(change.change)


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaa", "x" * 201, PASSWORD, "{account}-2026"])
async def test_a_weak_or_the_same_password_is_refused_beside_its_field(
    database: Database, limits: RateLimits, site: Site, weak: str
) -> None:
    person, actor = await somebody(database, site)
    with pytest.raises(Invalid) as refused:
        async with database.session(site_id=site.id) as session:
            await own.change_password(session, limits, actor, PASSWORD, weak.format(account=person.account))
    assert set(refused.value.fields) == {"new"}


async def test_guessing_the_old_password_from_a_stolen_phone_is_limited(
    database: Database, limits: RateLimits, site: Site
) -> None:
    _, actor = await somebody(database, site)
    for _ in range(10):
        with pytest.raises(Invalid):
            async with database.session() as session:
                await own.change_password(session, limits, actor, "guess", NEW)
    with pytest.raises(TooMany):
        async with database.session() as session:
            await own.change_password(session, limits, actor, PASSWORD, NEW)


async def test_language_and_theme_are_chosen_from_what_there_is(database: Database, site: Site) -> None:
    person, actor = await somebody(database, site)
    await do(database, actor, own.choose_locale, "en")
    await do(database, actor, own.choose_theme, "contrast")
    with pytest.raises(Invalid):
        await do(database, actor, own.choose_theme, "pink")
    with pytest.raises(Invalid):
        await do(database, actor, own.choose_locale, "tlh")
    assert [entry.change for entry in await audited(database, person.id)] == [
        {"locale": ["", "en"]},
        {"theme": ["auto", "contrast"]},
    ]


async def test_nobody_ends_a_sign_in_of_somebody_else_as_their_own(database: Database, site: Site) -> None:
    _, actor = await somebody(database, site)
    other, _ = await somebody(database, site)
    token = await signed_in_token(database, other)
    async with database.session() as session:
        theirs = await actor_of(session, token)
    assert theirs is not None
    with pytest.raises(NotFound):
        await do(database, actor, own.end_own_sign_in, theirs.session_id)
    assert await still_in(database, token)


async def test_a_new_person_gets_a_one_time_password_that_must_be_changed(
    database: Database, limits: RateLimits, site: Site
) -> None:
    _, admin = await somebody(database, site)
    async with database.session() as session:
        team, post = await make_team(session, site), await make_post(session, site)
    draft = PersonDraft(
        " 王  芳 ", Role.LEADER, unique("Wang"), "Wang Fang", "138 0000 1234", team.id, frozenset({post.id})
    )
    person, password = await do(database, admin, people.create_person, draft)
    assert (person.name, person.account, person.must_change_password) == ("王 芳", draft.account.lower(), True)
    assert await attempt(database, limits, person.account, password)
    change = (await audited(database, person.id))[0].change
    assert change["posts"] == [[], [post.name]]
    assert change["team"] == [None, team.name]
    assert password not in str(change)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"role": "god"}, "role"),
        ({"phone": "call me"}, "phone"),
        ({"account": "有中文"}, "account"),
        ({"account": "ab"}, "account"),
        ({"team_id": 999_999}, "team_id"),
        ({"post_ids": frozenset({999_999})}, "post_ids"),
    ],
)
async def test_what_is_wrong_about_a_person_is_said_beside_the_field(
    database: Database, site: Site, typed: dict[str, Any], field: str
) -> None:
    _, admin = await somebody(database, site)
    draft = PersonDraft(**{"name": "王芳", "account": unique("wang"), **typed})
    with pytest.raises(Invalid) as refused:
        await do(database, admin, people.create_person, draft)
    assert set(refused.value.fields) == {field}


async def test_an_account_that_another_site_uses_is_taken_and_the_transaction_goes_on(
    database: Database, site: Site
) -> None:
    _, admin = await somebody(database, site)
    async with database.session() as session:
        elsewhere = await make_person(session, await make_site(session))
    async with database.session(site_id=site.id) as session:
        with pytest.raises(Invalid) as refused:
            await people.create_person(session, admin, PersonDraft("王芳", account=elsewhere.account))
        assert set(refused.value.fields) == {"account"}
        await people.create_person(session, admin, PersonDraft("王芳", account=unique("wang")))


async def test_editing_changes_what_was_typed_and_audits_only_that(database: Database, site: Site) -> None:
    _, admin = await somebody(database, site)
    async with database.session() as session:
        team = await make_team(session, site)
        former, later = await make_post(session, site), await make_post(session, site)
        person = await make_person(session, site, team=team)
        await hold_post(session, former, person)
    draft = PersonDraft(person.name, Role.WORKER, "ignored", person.name_en, "010-1234567", None, frozenset({later.id}))
    edited = await do(database, admin, people.edit_person, person.id, draft)
    assert (edited.account, edited.phone, edited.team_id) == (person.account, "010-1234567", None)
    assert (await audited(database, person.id))[0].change == {
        "phone": ["", "010-1234567"],
        "team": [team.name, ""],
        "posts": [[former.name], [later.name]],
    }
    async with database.session() as session:
        held = select(PostHolder).where(col(PostHolder.person_id) == person.id).order_by(col(PostHolder.id))
        assert [(h.post_id, h.until is None) for h in await session.scalars(held)] == [
            (former.id, False),
            (later.id, True),
        ]
    await do(database, admin, people.edit_person, person.id, draft)
    assert len(await audited(database, person.id)) == 1


async def test_a_disabled_person_is_out_at_once_and_comes_back_only_by_signing_in(
    database: Database, limits: RateLimits, site: Site
) -> None:
    _, admin = await somebody(database, site)
    person, _ = await somebody(database, site, Role.WORKER)
    token = await signed_in_token(database, person)
    await do(database, admin, people.set_active, person.id, active=False)
    assert not await still_in(database, token)
    assert await attempt(database, limits, person.account, PASSWORD) is None
    await do(database, admin, people.set_active, person.id, active=True)
    assert not await still_in(database, token)
    assert await attempt(database, limits, person.account, PASSWORD)


async def test_a_reset_password_is_new_must_be_changed_and_ends_the_sign_ins(database: Database, site: Site) -> None:
    _, admin = await somebody(database, site)
    person, _ = await somebody(database, site, Role.WORKER)
    token = await signed_in_token(database, person)
    changed, password = await do(database, admin, people.reset_password, person.id)
    assert changed.must_change_password
    assert await verify_password(password, changed.password_hash)
    assert not await still_in(database, token)
    assert password not in str((await audited(database, person.id))[0].change)
    with pytest.raises(Conflict):
        await do(database, admin, people.reset_password, admin.person_id)


async def test_administrators_end_all_sign_ins_of_a_person(database: Database, site: Site) -> None:
    _, admin = await somebody(database, site)
    person, _ = await somebody(database, site, Role.WORKER)
    tokens = [await signed_in_token(database, person) for _ in range(2)]
    assert await do(database, admin, people.end_sign_ins, person.id) == 2
    assert [await still_in(database, token) for token in tokens] == [False, False]


async def test_nobody_disables_or_demotes_themself(database: Database, site: Site) -> None:
    me, admin = await somebody(database, site)
    await somebody(database, site)
    with pytest.raises(Conflict):
        await do(database, admin, people.set_active, me.id, active=False)
    with pytest.raises(Conflict):
        await do(database, admin, people.edit_person, me.id, PersonDraft(me.name, Role.MANAGER))


async def test_of_two_administrators_who_disable_each_other_at_once_one_stays(database: Database, site: Site) -> None:
    (first, one), (second, two) = await somebody(database, site), await somebody(database, site)
    outcomes = await asyncio.gather(
        do(database, one, people.set_active, second.id, active=False),
        do(database, two, people.set_active, first.id, active=False),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "Person"]
    async with database.session() as session:
        active = await session.scalars(
            select(Person).where(col(Person.site_id) == site.id, col(Person.active).is_(True))
        )
        assert len(list(active)) == 1


_ADMINISTRATION: dict[str, Callable[..., Awaitable[Any]]] = {
    "edit": lambda s, a, id_: people.edit_person(s, a, id_, PersonDraft("改名")),
    "disable": lambda s, a, id_: people.set_active(s, a, id_, active=False),
    "reset": people.reset_password,
    "end": people.end_sign_ins,
}


@pytest.mark.parametrize("name", _ADMINISTRATION)
async def test_only_administrators_of_the_same_site_administer(database: Database, site: Site, name: str) -> None:
    person, _ = await somebody(database, site, Role.WORKER)
    _, manager = await somebody(database, site, Role.MANAGER)
    async with database.session() as session:
        stranger = await actor_for(session, await make_person(session, await make_site(session), Role.ADMIN))
    with pytest.raises(Forbidden):
        await do(database, manager, _ADMINISTRATION[name], person.id)
    with pytest.raises(NotFound):
        await do(database, stranger, _ADMINISTRATION[name], person.id)
    assert await audited(database, person.id) == []


@pytest.mark.parametrize(
    "change", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
async def test_audit_entries_can_be_neither_changed_nor_deleted(database: Database, site: Site, change: str) -> None:
    person, actor = await somebody(database, site)
    await do(database, actor, own.choose_theme, "dark")
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.session() as session:
            await session.execute(text(change))
    assert len(await audited(database, person.id)) == 1
