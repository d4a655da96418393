"""``/rules``: what AnSu watches for: read by leaders, made and changed by who configures, each edit a version."""

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.alarms import commands
from backend.alarms.commands.repeats import once
from backend.alarms.drafts import RuleDraft, draft_from_form, draft_of, form_of
from backend.alarms.labels import DIRECTIONS, KIND_EXPLANATIONS, KINDS, LEVELS, LIMITS, RULE_DONE, SERVICES
from backend.alarms.models import AlarmRule, RuleKind
from backend.alarms.parameters import LIMIT_NAMES
from backend.alarms.queries import rules as queries
from backend.alarms.queries.rules import LATELY, RuleCard, Wanted
from backend.alarms.versions import rule_changes, version_of
from backend.core.errors import N_, Conflict, Invalid
from backend.core.form_keys import form_key
from backend.core.i18n import translate
from backend.core.pages import locale_of, render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.queries.audit import Filter, audit_entries
from backend.identity.web import ActorDep, SessionDep, allow
from backend.identity.wording import action_words
from backend.plant import queries as plant

router = APIRouter(prefix="/rules", include_in_schema=False)

_NEW = RuleDraft(kind="", name="", parameters={}, on_delay_s=5.0)
_RESTORED = N_("恢复到改前")
_USUAL: dict[str, dict[str, Any]] = {
    RuleKind.RATE: {"window_s": 60.0, "direction": "both"},
    RuleKind.SILENCE: {"after_s": 60.0},
    RuleKind.DEVIATION: {"limit": 1.0, "false_alarm_rate": 0.01, "max_age_s": 600.0},
}
"""What a new rule starts from."""


@router.get("", dependencies=[allow("rules.see")])
@alike
async def rules_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    service: str = "",
    search: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Rules under their equipment; htmx gets the rows alone while somebody types."""
    wanted = Wanted(service=service if service in SERVICES else "", search=search.strip())
    page = await queries.rules(session, actor, wanted, after=after)
    narrowing = {"service": wanted.service, "search": wanted.search}
    return render(
        request,
        "alarms/rules.html",
        block="rows" if request.headers.get("hx-target") == "rule-rows" else None,
        page=page,
        wanted=wanted,
        services=SERVICES,
        kinds=KINDS,
        limits=LIMITS,
        limit_names=LIMIT_NAMES,
        edits=actor.can("rules.edit"),
        more_url=f"/rules?{urlencode({**narrowing, 'after': page.following})}",
    )


@router.get("/new", dependencies=[allow("rules.edit")])
async def new_page(
    request: Request, session: SessionDep, actor: ActorDep, kind: str = "", point_id: str = ""
) -> Response:
    """First the kind, then the form for it."""
    if kind not in KINDS:
        return render(request, "alarms/rule_kinds.html", kinds=KINDS, explanations=KIND_EXPLANATIONS, point_id=point_id)
    typed = form_of(replace(_NEW, kind=kind, parameters=_USUAL.get(kind, {}))) | {"point_id": point_id}
    return await _form(request, session, actor, typed)


@router.post("", dependencies=[allow("rules.edit")])
async def create(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Make the rule and show it."""
    typed = await _typed(request)

    async def deed() -> AlarmRule:
        return await commands.create_rule(session, actor, draft_from_form(typed))

    try:
        async with session.begin_nested():
            rule = await once(session, actor, AlarmRule, typed.get("idempotency_key", ""), ["rule.create", typed], deed)
    except (Invalid, Conflict) as refused:
        return await _form(request, session, actor, typed, refused=refused)
    return RedirectResponse(f"/rules/{rule.id}?done=created", 303)


@router.get("/{rule_id}", dependencies=[allow("rules.see")])
@alike
async def rule_page(request: Request, session: SessionDep, actor: ActorDep, rule_id: int, done: str = "") -> Response:
    """What it watches, how it fared, who changed what."""
    return await _rule(request, session, actor, rule_id, done=RULE_DONE.get(done, ""))


@router.get("/{rule_id}/edit", dependencies=[allow("rules.edit")])
async def edit_page(request: Request, session: SessionDep, actor: ActorDep, rule_id: int) -> Response:
    """The form, filled in."""
    card = await queries.rule_card(session, actor, rule_id)
    typed = form_of(draft_of(card.rule)) | {"version": str(card.rule.version)}
    return await _form(request, session, actor, typed, card=card)


@router.post("/{rule_id}", dependencies=[allow("rules.edit")])
async def edit(request: Request, session: SessionDep, actor: ActorDep, rule_id: int) -> Response:
    """Take what was typed as the next version."""
    typed = await _typed(request)
    card = await queries.rule_card(session, actor, rule_id)
    seen = typed.get("version", "")

    async def deed() -> AlarmRule:
        version = int(seen) if seen.isascii() and seen.isdigit() else 0
        return await commands.edit_rule(session, actor, rule_id, draft_from_form(typed), version=version)

    try:
        async with session.begin_nested():
            asked = ["rule.edit", rule_id, typed]
            await once(session, actor, AlarmRule, typed.get("idempotency_key", ""), asked, deed)
    except (Invalid, Conflict) as refused:
        return await _form(request, session, actor, typed, card=card, refused=refused)
    return RedirectResponse(f"/rules/{rule_id}?done=saved", 303)


@router.post("/{rule_id}/out-of-service", dependencies=[allow("alarms.out_of_service")])
async def take_out_of_service(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    rule_id: int,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Stop judging by it, with a reason."""
    try:
        async with session.begin_nested():
            await commands.take_out_of_service(session, actor, rule_id, reason=reason)
    except (Invalid, Conflict) as refused:
        return await _rule(request, session, actor, rule_id, refused=refused, reason=reason)
    return RedirectResponse(f"/rules/{rule_id}?done=out_of_service", 303)


@router.post("/{rule_id}/back", dependencies=[allow("alarms.out_of_service")])
async def bring_back(request: Request, session: SessionDep, actor: ActorDep, rule_id: int) -> Response:
    """Judge by it again."""
    try:
        async with session.begin_nested():
            await commands.bring_back(session, actor, rule_id)
    except Conflict as refused:
        return await _rule(request, session, actor, rule_id, refused=refused)
    return RedirectResponse(f"/rules/{rule_id}?done=back", 303)


@router.post("/{rule_id}/restore", dependencies=[allow("rules.edit")])
async def restore(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    rule_id: int,
    entry: Annotated[str, Form(max_length=18)] = "",
) -> Response:
    """Put it back to how it stood before a change."""
    chosen = int(entry) if entry.isascii() and entry.isdigit() else 0
    try:
        async with session.begin_nested():
            await commands.restore_rule(
                session, actor, rule_id, chosen, reason=translate(locale_of(request), _RESTORED)
            )
    except (Invalid, Conflict) as refused:
        return await _rule(request, session, actor, rule_id, refused=refused)
    return RedirectResponse(f"/rules/{rule_id}?done=saved", 303)


async def _typed(request: Request) -> dict[str, str]:
    """The form as it was typed; files in it are no texts and are left out."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str) and name != "csrf_token"}


async def _rule(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    rule_id: int,
    *,
    done: str = "",
    refused: Invalid | Conflict | None = None,
    reason: str = "",
) -> Response:
    card = await queries.rule_card(session, actor, rule_id)
    history = await audit_entries(session, actor, Filter(object_type="alarm_rule", object_id=rule_id))
    response: Response = render(
        request,
        "alarms/rule.html",
        card=card,
        rule=card.rule,
        record=await queries.record(session, actor, card.rule),
        days=LATELY.days,
        versions=[(e, version_of(e.change), action_words(e.action), rule_changes(e.change)) for e in history.entries],
        kinds=KINDS,
        limits=LIMITS,
        limit_names=LIMIT_NAMES,
        levels=LEVELS,
        directions=DIRECTIONS,
        services=SERVICES,
        edits=actor.can("rules.edit"),
        serves=actor.can("alarms.out_of_service"),
        done=done,
        refusal=refused.message if refused else "",
        errors=refused.fields if refused else {},
        reason=reason,
    )
    response.status_code = refused.status if refused else 200
    return response


async def _form(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    typed: dict[str, str],
    *,
    card: RuleCard | None = None,
    refused: Invalid | Conflict | None = None,
) -> Response:
    kind = typed.get("kind", "")
    response: Response = render(
        request,
        "alarms/rule_form.html",
        typed=typed,
        kind=kind if kind in KINDS else RuleKind.THRESHOLD.value,
        card=card,
        kinds=KINDS,
        levels=LEVELS,
        limits=LIMITS,
        limit_names=LIMIT_NAMES[::-1],
        directions=DIRECTIONS,
        points=await plant.active_points(session, actor),
        equipment={one.id: one for one in await plant.all_equipment(session, actor)},
        key=typed.get("idempotency_key") or form_key(),
        refusal=refused.message if refused else "",
        errors=refused.fields if refused else {},
    )
    response.status_code = refused.status if refused else 200
    return response
