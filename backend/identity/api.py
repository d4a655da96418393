"""People for programs: sign in and out, who one is, who works here, and the audit entries."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from backend.core.errors import N_, DomainError
from backend.core.failures import answer
from backend.core.routing import APIRouter
from backend.identity.commands import signing
from backend.identity.commands.signing import Attempt
from backend.identity.queries import audit as audit_queries
from backend.identity.queries import people as queries
from backend.identity.queries.audit import Filter
from backend.identity.queries.people import Named, PersonView, Wanted
from backend.identity.web import (
    ActorDep,
    SessionDep,
    address_of,
    allow,
    cookie_name,
    drop_sign_in,
    keep_sign_in,
    public,
)

router = APIRouter(prefix="/api/v1", tags=["people"])


class SignInIn(BaseModel):
    """Account and password."""

    account: str = Field(max_length=64)
    password: str = Field(max_length=200)


class NameOut(BaseModel):
    """Something with its names."""

    id: int
    name: str
    name_en: str


class PersonOut(BaseModel):
    """Somebody who works here."""

    id: int
    account: str
    name: str
    name_en: str
    role: str
    phone: str
    active: bool
    team: NameOut | None
    posts: list[NameOut]


class PeopleOut(BaseModel):
    """Some people; ``following`` goes into ``after`` for those after them."""

    items: list[PersonOut]
    following: str


class MeOut(BaseModel):
    """The signed-in person. Changes must carry ``csrf_token`` in the header ``X-CSRF-Token``."""

    person: PersonOut
    site: NameOut
    time_zone: str
    locale: str
    theme: str
    csrf_token: str


class AuditEntryOut(BaseModel):
    """One change: ``change`` is ``{"field": [before, after]}``."""

    id: int
    at: datetime
    actor: NameOut | None
    action: str
    object_type: str
    object_id: int
    change: dict[str, Any]
    address: str
    request_id: str


class AuditOut(BaseModel):
    """Some entries, newest first; ``following`` goes into ``before`` for those after them."""

    items: list[AuditEntryOut]
    following: int | None


class WrongPassword(DomainError):
    """Account and password don't fit, or the person is disabled: all answered alike."""

    status = 401


@router.post("/session", dependencies=[public("nobody is signed in yet")], status_code=204, response_model=None)
async def sign_in(request: Request, session: SessionDep, sent: SignInIn) -> Response:
    """Sign in: the cookie in the answer is the sign-in. Ask ``/me`` for the CSRF token next."""
    attempt = Attempt(
        sent.account,
        sent.password,
        device=request.headers.get("user-agent", ""),
        address=address_of(request),
        request_id=getattr(request.state, "request_id", ""),
        held=request.cookies.get(cookie_name(), ""),
    )
    token = await signing.sign_in(session, request.app.state.limits, attempt)
    if token is None:
        return answer(request, WrongPassword(N_("账号或密码不对，请重新输入")))  # not raised: the audit entry stays
    response = Response(status_code=204)
    keep_sign_in(response, token)
    return response


@router.delete("/session", dependencies=[allow()], status_code=204)
async def sign_out(response: Response, session: SessionDep, actor: ActorDep) -> None:
    """End the sign-in that asks."""
    await signing.sign_out(session, actor)
    drop_sign_in(response)


@router.get("/me", dependencies=[allow()])
async def me(session: SessionDep, actor: ActorDep) -> MeOut:
    """Who asks, and their CSRF token."""
    return MeOut(
        person=_person(await queries.person_view(session, actor, actor.person_id)),
        site=NameOut(id=actor.site_id, name=actor.site_name, name_en=actor.site_name_en),
        time_zone=actor.time_zone,
        locale=actor.locale,
        theme=actor.theme,
        csrf_token=actor.csrf_token,
    )


@router.get("/people", dependencies=[allow("people.see")])
async def people(
    session: SessionDep,
    actor: ActorDep,
    search: Annotated[str, Query(max_length=60)] = "",
    role: Annotated[str, Query(max_length=20)] = "",
    team_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    active: bool = True,
    after: Annotated[str, Query(max_length=80)] = "",
) -> PeopleOut:
    """People of the site by team, fifty at a time."""
    page = await queries.people(session, actor, Wanted(search, role, team_id, active), after=after)
    return PeopleOut(items=[_person(one) for one in page.people], following=page.following)


@router.get("/people/{person_id}", dependencies=[allow("people.see")])
async def person(session: SessionDep, actor: ActorDep, person_id: int) -> PersonOut:
    """One person."""
    return _person(await queries.person_view(session, actor, person_id))


@router.get("/audit", dependencies=[allow("audit.see")])
async def audit(
    session: SessionDep,
    actor: ActorDep,
    actor_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    object_type: Annotated[str, Query(max_length=40)] = "",
    object_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    action: Annotated[str, Query(max_length=60)] = "",
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> AuditOut:
    """Audit entries, newest first, fifty at a time."""
    wanted = Filter(actor_id, object_type, object_id, action)
    page = await audit_queries.audit_entries(session, actor, wanted, before=before)
    return AuditOut(items=[_entry(entry) for entry in page.entries], following=page.following)


def _entry(entry: audit_queries.Entry) -> AuditEntryOut:
    who = NameOut(id=entry.actor_id, name=entry.actor_name, name_en=entry.actor_name_en) if entry.actor_id else None
    return AuditEntryOut(
        id=entry.id,
        at=entry.at,
        actor=who,
        action=entry.action,
        object_type=entry.object_type,
        object_id=entry.object_id,
        change=entry.change,
        address=entry.address,
        request_id=entry.request_id,
    )


def _person(person: PersonView) -> PersonOut:
    return PersonOut(
        id=person.id,
        account=person.account,
        name=person.name,
        name_en=person.name_en,
        role=person.role,
        phone=person.phone,
        active=person.active,
        team=_name(person.team) if person.team else None,
        posts=[_name(post) for post in person.posts],
    )


def _name(named: Named) -> NameOut:
    return NameOut(id=named.id, name=named.name, name_en=named.name_en)
