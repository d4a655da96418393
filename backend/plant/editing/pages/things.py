"""``/plant/edit/stages`` and likewise areas, equipment, points: their lists, and a form for each thing."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid, NotFound
from backend.core.pages import render
from backend.core.refusals import Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant.editing import queries
from backend.plant.editing.commands import restoring
from backend.plant.editing.commands import things as commands
from backend.plant.editing.fields import FIELDS, How, read_all, shown
from backend.plant.history import MODELS

_DONE = {
    "made": N_("已添加"),
    "edited": N_("已保存"),
    "retired": N_("已停用，新的工作里不再出现；以前的记录不变"),
    "restored": N_("已恢复使用"),
    "returned": N_("已恢复使用，和它一起停用的测点、关联也恢复了"),
}


@dataclass(frozen=True)
class Words:
    """A kind of thing in words: many, a new one, what to say where there is none."""

    many: str
    new: str
    none: str
    why: str


WORDS = {
    "stage": Words(
        N_("环节"), N_("添加环节"), N_("还没有环节"), N_("环节是生产的一步，如进料、反应、包装；先把它们按顺序列出来")
    ),
    "area": Words(
        N_("区域"), N_("添加区域"), N_("还没有区域"), N_("区域是一块地方，如反应区、罐区；也可以直接在平面图上画")
    ),
    "equipment": Words(N_("设备"), N_("添加设备"), N_("还没有设备"), N_("一台台添加，或用 Excel 一次导入")),
    "point": Words(N_("测点"), N_("添加测点"), N_("还没有测点"), N_("一个个添加，用 Excel 一次导入，或接入网关后认领")),
}
PLURALS = {"stage": "stages", "area": "areas", "equipment": "equipment", "point": "points"}


def _object_id(request: Request) -> int:
    """The one id of the address. Raises NotFound for what is no id."""
    (typed,) = request.path_params.values()
    if not (str(typed).isascii() and str(typed).isdigit()):
        raise NotFound()
    return int(typed)


IdDep = Annotated[int, Depends(_object_id)]


async def _typed(request: Request) -> dict[str, str]:
    """What was typed into the form, by field."""
    return {name: value[:4000] for name, value in (await request.form()).items() if isinstance(value, str)}


TypedDep = Annotated[dict[str, str], Depends(_typed)]


def _router(kind: str) -> APIRouter:
    """The routes of one kind of thing."""
    router = APIRouter(prefix=f"/plant/edit/{PLURALS[kind]}")
    one = f"/{{{kind}_id}}"
    _reading(router, kind, one)
    _describing(router, kind, one)
    _placing(router, kind, one)
    return router


def _reading(router: APIRouter, kind: str, one: str) -> None:
    @router.get("", dependencies=[allow("plant.edit")])
    async def list_page(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
        """All of them in order, those out of use at the end."""
        return await _list(request, session, actor, kind, done=_DONE.get(done, ""))

    @router.get("/new", dependencies=[allow("plant.edit")])
    async def new_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
        """An empty form; what the address says is filled in."""
        return await _form(request, session, actor, kind, None, {"kind": "equipment", **request.query_params})

    @router.get(one, dependencies=[allow("plant.edit")])
    async def edit_page(request: Request, session: SessionDep, actor: ActorDep, id_: IdDep, done: str = "") -> Response:
        """The form of one thing, and what became of it."""
        row = await get_visible(session, actor, MODELS[kind], id_)
        return await _form(request, session, actor, kind, row, done=_DONE.get(done, ""))


def _describing(router: APIRouter, kind: str, one: str) -> None:
    @router.post("", dependencies=[allow("plant.edit")])
    async def make(request: Request, session: SessionDep, actor: ActorDep, typed: TypedDep) -> Response:
        """Add one."""
        try:
            wanted = read_all(kind, typed, now().astimezone(actor.zone).date())
            async with session.begin_nested():
                row = await commands.create(session, actor, kind, wanted)
        except (Invalid, Conflict) as error:
            return await _form(request, session, actor, kind, None, typed, refusal(request, error))
        return RedirectResponse(f"/plant/edit/{PLURALS[kind]}/{row.id}?done=made", 303)

    @router.post(one, dependencies=[allow("plant.edit")])
    async def save(request: Request, session: SessionDep, actor: ActorDep, id_: IdDep, typed: TypedDep) -> Response:
        """Describe it anew."""
        row = await get_visible(session, actor, MODELS[kind], id_)
        try:
            asked = tuple(field.name for field in FIELDS[kind] if field.how is not How.CODE)
            wanted = read_all(kind, typed, now().astimezone(actor.zone).date(), asked)
            async with session.begin_nested():
                await commands.edit(session, actor, kind, id_, wanted)
        except (Invalid, Conflict) as error:
            await session.refresh(row)
            return await _form(request, session, actor, kind, row, typed, refusal(request, error))
        return RedirectResponse(f"/plant/edit/{PLURALS[kind]}/{id_}?done=edited", 303)


def _placing(router: APIRouter, kind: str, one: str) -> None:
    @router.post(f"{one}/move", dependencies=[allow("plant.edit")])
    async def move(
        session: SessionDep, actor: ActorDep, id_: IdDep, where: Annotated[str, Form(max_length=10)] = "down"
    ) -> Response:
        """One place up or down."""
        await commands.move(session, actor, kind, id_, -1 if where == "up" else 1)
        return RedirectResponse(f"/plant/edit/{PLURALS[kind]}#{kind}-{id_}", 303)

    @router.post(f"{one}/retire", dependencies=[allow("plant.edit")])
    async def retire(session: SessionDep, actor: ActorDep, id_: IdDep) -> Response:
        """Out of use."""
        await commands.retire(session, actor, kind, id_)
        return RedirectResponse(f"/plant/edit/{PLURALS[kind]}/{id_}?done=retired", 303)

    @router.post(f"{one}/restore", dependencies=[allow("plant.edit")])
    async def restore(session: SessionDep, actor: ActorDep, id_: IdDep) -> Response:
        """Into use again."""
        together = await restoring.restore(session, actor, kind, id_)
        done = "returned" if together else "restored"
        return RedirectResponse(f"/plant/edit/{PLURALS[kind]}/{id_}?done={done}", 303)


async def _list(request: Request, session: AsyncSession, actor: Actor, kind: str, done: str) -> Response:
    rows = await queries.things(session, actor, kind)
    by_id = {one.id: one for one in await queries.things(session, actor, "equipment")} if kind == "point" else {}
    used = [row for row in rows if not commands.is_retired(row)]
    groups: dict[int | None, list[Any]] = {}
    for row in used:
        groups.setdefault(row.equipment_id if kind == "point" else None, []).append(row)
    response: Response = render(
        request,
        "plant/editing/things.html",
        kind=kind,
        base=f"/plant/edit/{PLURALS[kind]}",
        words=WORDS[kind],
        groups=[(by_id.get(key or 0), group) for key, group in groups.items()],
        retired=[row for row in rows if commands.is_retired(row)],
        done=done,
    )
    return response


async def _form(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    kind: str,
    row: Any,
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
    done: str = "",
) -> Response:
    refused = refused or Refusal()
    if typed is None:
        typed = {field.name: shown(getattr(row, field.name)) for field in FIELDS[kind]}
    history = await queries.batches(session, actor, kind=kind, object_id=row.id) if row is not None else []
    history = history[: queries.BATCHES_A_PAGE]
    response: Response = render(
        request,
        "plant/editing/thing.html",
        kind=kind,
        base=f"/plant/edit/{PLURALS[kind]}",
        words=WORDS[kind],
        row=row,
        retired=row is not None and commands.is_retired(row),
        fields=FIELDS[kind],
        typed=typed,
        options=await queries.choices(session, actor),
        latest=history[0] if history else None,
        refused=refused,
        done=done,
    )
    response.status_code = refused.status
    return response


PARTS = tuple(_router(kind) for kind in WORDS)
