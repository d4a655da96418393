"""``/setup``: the steps, and a page for each. Every step may be left out and done again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import File, Form, Request, Response, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from backend.checkins.wording import RHYTHMS
from backend.core.errors import N_, Invalid, NotFound
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.queries import people as people_queries
from backend.identity.web import ActorDep, SessionDep, allow
from backend.labels.codes import spelled, token_of
from backend.labels.forms import base_url, phones_can_open
from backend.labels.keys import label_key
from backend.labels.qr import address, matrix, svg_path
from backend.starter.setup import commands, queries
from backend.starter.setup.roster import Known, read_roster
from backend.starter.setup.roster_file import MOST_BYTES, read_roster_file
from backend.starter.setup.steps import next_step, steps
from backend.starter.trades.installing import install_trade
from backend.starter.trades.leaving import LONGEST_WHY, OUT, put_back, take_out, what_leaves
from backend.starter.trades.pack import TradePack, trade_pack, trade_packs
from backend.starter.trades.wish import Wish, read_wish
from backend.starter.trades.wording import PARTS

router = APIRouter(prefix="/setup", include_in_schema=False)
_DO = [allow("setup.do")]
_DONE = {
    "site": N_("厂区已保存"),
    "pack": N_("模板已装入"),
    "same": N_("这些都已经有了，没有重复装入"),
    "plan": N_("巡检计划已启用，现在就有一次待巡检"),
}


@router.get("", dependencies=_DO)
async def overview(request: Request, session: SessionDep, actor: ActorDep, done: str = "", after: str = "") -> Response:
    """All steps, and the one that is next."""
    listed = steps(await queries.what_is_there(session, actor))
    following = next_step(listed, after)
    return render(request, "setup/setup.html", steps=listed, following=following, done=_DONE.get(done, ""))


@router.get("/site", dependencies=_DO)
async def site_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """The site's names and zone."""
    site = await queries.own_site(session, actor)
    typed = {"name": site.name, "name_en": site.name_en, "time_zone": site.time_zone}
    return _form(request, "setup/site.html", typed=typed, zones=_zones())


@router.post("/site", dependencies=_DO)
async def save_site(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    name: Annotated[str, Form()] = "",
    name_en: Annotated[str, Form()] = "",
    time_zone: Annotated[str, Form()] = "",
) -> Response:
    """Take what was typed."""
    try:
        async with session.begin_nested():
            await commands.name_site(session, actor, name, name_en, time_zone)
    except REFUSALS as error:
        typed = {"name": name, "name_en": name_en, "time_zone": time_zone}
        return _form(request, "setup/site.html", refusal(request, error), typed=typed, zones=_zones())
    return _on("site")


@router.get("/packs", dependencies=_DO)
async def packs_page(
    request: Request, session: SessionDep, actor: ActorDep, code: str = "", leaving: bool = False
) -> Response:
    """The packs to choose from; or what the pack ``code`` brings, to be ticked, counted and renamed; or, ``leaving``,
    what goes with it."""
    if code:
        pack = _pack(code)
        if leaving:
            return await _out_form(request, session, actor, pack, "")
        return await _pack_form(request, session, actor, pack, await _proposed(session, actor, pack))
    installed = await queries.installed_packs(session, actor)
    out = {code for code, one in installed.items() if OUT in one.details}
    return render(request, "setup/packs.html", packs=trade_packs(), installed=installed, out=out)


@router.post("/packs", dependencies=_DO)
async def install(request: Request, session: SessionDep, actor: ActorDep, code: str = "") -> Response:
    """Install what is ticked of the pack ``code``."""
    pack = _pack(code)
    typed = {name: str(value) for name, value in (await request.form()).items()}
    try:
        wish = read_wish(pack, typed)
        async with session.begin_nested():
            came = await install_trade(session, actor, pack, wish)
    except REFUSALS as error:
        return await _pack_form(request, session, actor, pack, typed, refusal(request, error))
    return render(request, "setup/installed.html", pack=pack, came=came, parts=PARTS)


@router.post("/packs/out", dependencies=_DO)
async def take_pack_out(
    request: Request, session: SessionDep, actor: ActorDep, code: str = "", why: Annotated[str, Form()] = ""
) -> Response:
    """Take it out of use."""
    pack = _pack(code)
    try:
        async with session.begin_nested():
            await take_out(session, actor, pack, why)
    except REFUSALS as error:
        return await _out_form(request, session, actor, pack, why, refusal(request, error))
    return RedirectResponse(f"/setup/packs?code={pack.code}", 303)


@router.post("/packs/back", dependencies=_DO)
async def put_pack_back(request: Request, session: SessionDep, actor: ActorDep, code: str = "") -> Response:
    """Take it into use again."""
    pack = _pack(code)
    try:
        async with session.begin_nested():
            await put_back(session, actor, pack)
    except REFUSALS as error:
        typed = await _proposed(session, actor, pack)
        return await _pack_form(request, session, actor, pack, typed, refusal(request, error))
    return RedirectResponse(f"/setup/packs?code={pack.code}", 303)


@router.get("/codes", dependencies=_DO)
async def codes_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """What the gateways have still to send, for who wires them up."""
    return render(request, "setup/codes.html", waiting=await queries.waiting_points(session, actor))


@router.get("/people", dependencies=_DO)
async def people_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """A list to paste."""
    return await _roster_form(request, session, actor, "")


@router.post("/people", dependencies=_DO)
async def take_in(
    request: Request, session: SessionDep, actor: ActorDep, roster: Annotated[str, Form()] = ""
) -> Response:
    """Make everybody of the list and show their one-time passwords, this once."""
    try:
        drafts = read_roster(roster, await _known(session, actor))
        async with session.begin_nested():
            made = await commands.take_in(session, actor, drafts)
    except REFUSALS as error:
        return await _roster_form(request, session, actor, roster, refusal(request, error))
    response: Response = render(request, "setup/passwords.html", made=made, base=base_url(request))
    response.headers["Cache-Control"] = "no-store"
    return response


@router.post("/people/file", dependencies=_DO)
async def read_file(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    file: Annotated[UploadFile | None, File()] = None,
    roster: Annotated[str, Form()] = "",
) -> Response:
    """Put the lines of a file into the form, to be looked at; what was pasted stays where the file can't be read."""
    try:
        if file is None or not file.filename:
            raise Invalid(fields={"file": N_("请选择一个 .xlsx 表格")})
        roster = await run_in_threadpool(read_roster_file, await file.read(MOST_BYTES + 1))
    except REFUSALS as error:
        return await _roster_form(request, session, actor, roster, refusal(request, error))
    return await _roster_form(request, session, actor, roster, read=len(roster.splitlines()))


@router.get("/labels", dependencies=_DO)
async def labels_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """All labels on paper."""
    has = await queries.what_is_there(session, actor)
    base = base_url(request)
    return render(request, "setup/labels.html", has=has, base=base, reachable=phones_can_open(base))


@router.get("/plan", dependencies=_DO)
async def plan_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Which round is the first, and who makes it."""
    return await _plan_form(request, session, actor, {})


@router.post("/plan", dependencies=_DO)
async def start(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    plan_id: Annotated[str, Form()] = "",
    person_id: Annotated[str, Form()] = "",
) -> Response:
    """Start it."""
    typed = {"plan_id": plan_id, "person_id": person_id}
    try:
        missing = {name: N_("请选择一项") for name, value in typed.items() if not _id(value)}
        if missing:
            raise Invalid(fields=missing)
        async with session.begin_nested():
            await commands.start_round(session, actor, _id(plan_id), _id(person_id))
    except REFUSALS as error:
        return await _plan_form(request, session, actor, typed, refusal(request, error))
    return _on("plan")


@router.get("/first", dependencies=_DO)
async def first_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """The label of the first place on the screen, until somebody has checked in. htmx asks for the state alone."""
    found = await queries.first_stop(session, actor)
    plan, equipment = found or (None, None)
    thing = (await queries.labelled_thing(session, actor, equipment.id)) if equipment else None
    base = base_url(request)
    token = token_of(thing.label.token_name, label_key()) if thing and thing.label else ""
    rows = matrix(base, token) if token else ()
    return render(
        request,
        "setup/first.html",
        block="state" if request.headers.get("hx-target") == "first-state" else None,
        plan=plan,
        thing=thing,
        holders=await queries.holders_of(session, actor, plan.post_id) if plan else [],
        latest=await queries.latest_check_in(session, actor),
        url=address(base, token) if token else "",
        base=base,
        reachable=phones_can_open(base),
        qr=svg_path(rows),
        side=len(rows),
        code=spelled(thing.label.code) if thing and thing.label else "",
    )


@router.post("/first", dependencies=_DO)
async def label_first(session: SessionDep, actor: ActorDep) -> Response:
    """Make the label of the first place."""
    found = await queries.first_stop(session, actor)
    if found is None:
        return RedirectResponse("/setup/plan", 303)
    await commands.label_for(session, actor, found[1].id)
    return RedirectResponse("/setup/first", 303)


async def _pack_form(
    request: Request,
    session: SessionDep,
    actor: Actor,
    pack: TradePack,
    typed: Mapping[str, str],
    refused: Refusal | None = None,
) -> Response:
    installed = (await queries.installed_packs(session, actor)).get(pack.code)
    out = installed.details.get(OUT) if installed else None
    return _form(
        request,
        "setup/pack.html",
        refused,
        pack=pack,
        typed=typed,
        installed=installed,
        out=out,
        out_at=datetime.fromisoformat(out["at"]) if out else None,
        by=await queries.person_named(session, actor, out["by"]) if out else None,
    )


async def _out_form(
    request: Request, session: SessionDep, actor: Actor, pack: TradePack, why: str, refused: Refusal | None = None
) -> Response:
    if pack.code not in await queries.installed_packs(session, actor):
        raise NotFound()
    going = await what_leaves(session, actor, pack)
    return _form(request, "setup/out.html", refused, pack=pack, going=going, why=why, parts=PARTS, most=LONGEST_WHY)


async def _proposed(session: SessionDep, actor: Actor, pack: TradePack) -> dict[str, str]:
    """The form as first shown: what is usual, or what the site has of it already."""
    names = await queries.names_by_code(session, actor)
    fresh = pack.code not in await queries.installed_packs(session, actor)
    have = {kind.code: sum(code.rpartition("-")[0] == kind.code for code in names) for kind in pack.equipment}
    counts = Wish.usual(pack).counts if fresh else have
    typed = {f"count_{code}": str(max(count, have[code])) for code, count in counts.items()}
    typed |= {f"name_{kind.code}": kind.name for kind in pack.equipment}
    measured = {code.rpartition("-")[0] for code in await queries.measured_codes(session, actor)}
    typed |= {f"sensors_{kind.code}": "on" for kind in pack.equipment if kind.points and kind.code in measured}
    return typed | {f"area_{area.code}": names.get(area.code, area.name) for area in pack.areas}


async def _roster_form(
    request: Request, session: SessionDep, actor: Actor, roster: str, refused: Refusal | None = None, read: int = 0
) -> Response:
    return _form(
        request,
        "setup/people.html",
        refused,
        roster=roster,
        read=read,
        has=await queries.what_is_there(session, actor),
        teams=await people_queries.teams(session, actor),
        posts=await people_queries.posts(session, actor),
    )


async def _known(session: SessionDep, actor: Actor) -> Known:
    def by_name(found: Any) -> dict[str, int]:
        return {word.strip().lower(): one.id for one in found for word in (one.name_en, one.name) if word}

    return Known(
        by_name(await people_queries.teams(session, actor)), by_name(await people_queries.posts(session, actor))
    )


async def _plan_form(
    request: Request, session: SessionDep, actor: Actor, typed: Mapping[str, str], refused: Refusal | None = None
) -> Response:
    return _form(
        request,
        "setup/plan.html",
        refused,
        typed=typed,
        plans=await queries.plan_choices(session, actor),
        people=await queries.field_people(session, actor),
        rhythms=RHYTHMS,
    )


def _form(request: Request, template: str, refused: Refusal | None = None, **values: Any) -> Response:
    refused = refused or Refusal()
    response: Response = render(request, template, refused=refused, errors=refused.errors, **values)
    response.status_code = refused.status
    return response


def _on(key: str) -> Response:
    return RedirectResponse(f"/setup?done={key}&after={key}", 303)


def _pack(code: str) -> TradePack:
    pack = trade_pack(code)
    if pack is None:
        raise NotFound()
    return pack


def _id(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else 0


def _zones() -> list[str]:
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/")))
