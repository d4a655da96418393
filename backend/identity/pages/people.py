"""``/people``: who works here, and what administrators do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Form, Query, Request, Response
from starlette.responses import RedirectResponse

from backend.core.errors import N_, Conflict, Invalid
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.alike import alike
from backend.identity.commands import people as commands
from backend.identity.drafts import PersonDraft
from backend.identity.models import Role
from backend.identity.pages.own import device
from backend.identity.queries import people as queries
from backend.identity.queries.people import PersonView, Wanted
from backend.identity.web import ActorDep, SessionDep, allow
from backend.identity.wording import ROLES

router = APIRouter(prefix="/people")

_DONE = {
    "saved": N_("已保存"),
    "ended": N_("此人的所有设备已退出登录"),
    "disabled": N_("账号已停用，此人已退出登录"),
    "enabled": N_("账号已启用"),
}


@dataclass
class PersonForm:
    """A person as typed; numbers stay text, so that a refused form shows them again."""

    name: Annotated[str, Form()] = ""
    name_en: Annotated[str, Form()] = ""
    account: Annotated[str, Form()] = ""
    role: Annotated[str, Form()] = Role.WORKER
    phone: Annotated[str, Form()] = ""
    team_id: Annotated[str, Form()] = ""
    post_ids: Annotated[Sequence[str], Form()] = ()

    def read(self) -> PersonDraft:
        """What was typed, unchecked; what is no number names nothing there is."""
        return PersonDraft(
            name=self.name,
            role=self.role,
            account=self.account,
            name_en=self.name_en,
            phone=self.phone,
            team_id=_number(self.team_id) if self.team_id else None,
            post_ids=frozenset(_number(typed) for typed in self.post_ids),
        )

    @classmethod
    def of(cls, person: PersonView) -> "PersonForm":
        """The form as it shows somebody known."""
        return cls(
            name=person.name,
            name_en=person.name_en,
            account=person.account,
            role=person.role,
            phone=person.phone,
            team_id=str(person.team.id) if person.team else "",
            post_ids=[str(post.id) for post in person.posts],
        )


FormDep = Annotated[PersonForm, Depends()]


@router.get("", dependencies=[allow("people.see")])
@alike
async def people(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    search: Annotated[str, Query(max_length=60)] = "",
    role: str = "",
    team: str = "",
    disabled: bool = False,
    after: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """The list by team; htmx gets the rows alone while somebody types."""
    wanted = Wanted(search.strip(), role, _number(team) if team else None, active=not disabled)
    page = await queries.people(session, actor, wanted, after=after)
    asked = {"search": wanted.search, "role": role, "team": team, **({"disabled": "true"} if disabled else {})}
    return render(
        request,
        "identity/people.html",
        block="rows" if request.headers.get("hx-target") == "people-rows" else None,
        page=page,
        more_url=f"/people?{urlencode({**asked, 'after': page.following})}",
        wanted=wanted,
        teams=await queries.teams(session, actor),
        roles=ROLES,
    )


@router.get("/new", dependencies=[allow("people.edit")])
async def new_person(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """The form for somebody new."""
    return await _form(request, session, actor, PersonForm())


@router.post("", dependencies=[allow("people.edit")])
async def create_person(request: Request, session: SessionDep, actor: ActorDep, typed: FormDep) -> Response:
    """Make the person and show their one-time password, this once: nothing keeps it."""
    try:
        async with session.begin_nested():
            person, password = await commands.create_person(session, actor, typed.read())
    except Invalid as refused:
        return await _form(request, session, actor, typed, errors=refused.fields)
    return _told_once(request, person.id, person.name, person.account, password)


@router.get("/{person_id}", dependencies=[allow("people.see")])
async def person_page(
    request: Request, session: SessionDep, actor: ActorDep, person_id: int, done: str = ""
) -> Response:
    """One person; administrators also see where they are signed in."""
    person = await queries.person_view(session, actor, person_id)
    return await _person_page(request, session, actor, person, done=_DONE.get(done, ""))


@router.get("/{person_id}/edit", dependencies=[allow("people.edit")])
async def edit_page(request: Request, session: SessionDep, actor: ActorDep, person_id: int) -> Response:
    """The form, filled in."""
    person = await queries.person_view(session, actor, person_id)
    return await _form(request, session, actor, PersonForm.of(person), person=person)


@router.post("/{person_id}", dependencies=[allow("people.edit")])
async def edit_person(
    request: Request, session: SessionDep, actor: ActorDep, person_id: int, typed: FormDep
) -> Response:
    """Take what was typed."""
    person = await queries.person_view(session, actor, person_id)
    try:
        async with session.begin_nested():
            await commands.edit_person(session, actor, person_id, typed.read())
    except Invalid as refused:
        return await _form(request, session, actor, typed, person=person, errors=refused.fields)
    except Conflict as refused:
        return await _form(request, session, actor, typed, person=person, errors={"role": refused.message})
    return RedirectResponse(f"/people/{person_id}?done=saved", 303)


@router.post("/{person_id}/active", dependencies=[allow("people.edit")])
async def set_active(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    person_id: int,
    active: Annotated[bool, Form()] = False,
) -> Response:
    """Shut somebody out, or let them in again."""
    try:
        async with session.begin_nested():
            await commands.set_active(session, actor, person_id, active=active)
    except Conflict as refused:
        person = await queries.person_view(session, actor, person_id)
        return await _person_page(request, session, actor, person, refusal=refused.message)
    return RedirectResponse(f"/people/{person_id}?done={'enabled' if active else 'disabled'}", 303)


@router.post("/{person_id}/password", dependencies=[allow("people.edit")])
async def reset_password(request: Request, session: SessionDep, actor: ActorDep, person_id: int) -> Response:
    """Give a one-time password and show it, this once."""
    try:
        async with session.begin_nested():
            person, password = await commands.reset_password(session, actor, person_id)
    except Conflict as refused:
        view = await queries.person_view(session, actor, person_id)
        return await _person_page(request, session, actor, view, refusal=refused.message)
    return _told_once(request, person.id, person.name, person.account, password)


@router.post("/{person_id}/end-sign-ins", dependencies=[allow("people.edit")])
async def end_sign_ins(session: SessionDep, actor: ActorDep, person_id: int) -> Response:
    """Sign somebody out everywhere, e.g. after a phone was lost."""
    await commands.end_sign_ins(session, actor, person_id)
    return RedirectResponse(f"/people/{person_id}?done=ended", 303)


async def _person_page(
    request: Request, session: SessionDep, actor: ActorDep, person: PersonView, *, done: str = "", refusal: str = ""
) -> Response:
    edits = actor.can("people.edit")
    sign_ins = await queries.sign_ins(session, actor, person.id) if edits else []
    response: Response = render(
        request,
        "identity/person.html",
        person=person,
        roles=ROLES,
        devices=[device(one, actor) for one in sign_ins],
        edits=edits,
        own=person.id == actor.person_id,
        done=done,
        refusal=refusal,
    )
    response.status_code = 409 if refusal else 200
    return response


async def _form(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    typed: PersonForm,
    *,
    person: PersonView | None = None,
    errors: Any = None,
) -> Response:
    response: Response = render(
        request,
        "identity/person_form.html",
        typed=typed,
        person=person,
        errors=errors or {},
        teams=await queries.teams(session, actor),
        posts=await queries.posts(session, actor),
        roles=ROLES,
    )
    response.status_code = 422 if errors else 200
    return response


def _told_once(request: Request, person_id: int, name: str, account: str, password: str) -> Response:
    response: Response = render(
        request,
        "identity/one_time_password.html",
        person_id=person_id,
        name=name,
        account=account,
        password=password,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _number(typed: str) -> int:
    """A database id as typed; 0, which names nothing, for anything else."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else 0
