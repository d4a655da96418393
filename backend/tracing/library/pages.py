"""``/cause-library``: the library in force, its classes, a site's own edits."""

from typing import Annotated, Any

import msgspec
from fastapi import File, Form, Request, Response, UploadFile
from starlette.responses import RedirectResponse

from backend.core.errors import N_, Invalid, NotFound
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.tracing.library import queries
from backend.tracing.library.catalogue import KINDS
from backend.tracing.library.editing import MOST_BYTES, set_frequency, take_over

router = APIRouter(include_in_schema=False)

_Short = Annotated[str, Form(max_length=200)]
_SEE, _EDIT = [allow("library.see")], [allow("library.edit")]


@router.get("/cause-library", dependencies=_SEE)
async def overview(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Classes and how many modes each has; versions of the site's edits."""
    return await _overview(request, session, actor)


@router.get("/cause-library/export", dependencies=_SEE)
async def export(session: SessionDep, actor: ActorDep) -> Response:
    """The whole library in force as JSON, to be edited and imported."""
    library, _ = await queries.library_seen(session, actor)
    content = msgspec.json.format(msgspec.json.encode({"classes": library.classes}), indent=1)
    name = f"cause-library-{actor.site_code or actor.site_id}.json"
    return Response(
        content, media_type="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.post("/cause-library/import", dependencies=_EDIT)
async def import_(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    file: Annotated[UploadFile | None, File()] = None,
    note: _Short = "",
) -> Response:
    """Take over an edited library."""
    try:
        async with session.begin_nested():
            await take_over(session, actor, await _document(file), note)
    except Invalid as refused:
        return await _overview(request, session, actor, refused)
    return RedirectResponse("/cause-library?done=1", 303)


@router.get("/cause-library/{class_key}", dependencies=_SEE)
async def class_page(request: Request, session: SessionDep, actor: ActorDep, class_key: str) -> Response:
    """The modes of a class with their signs and checks."""
    return await _class(request, session, actor, class_key)


@router.post("/cause-library/{class_key}/{mode_key}", dependencies=_EDIT)
async def edit_mode(
    request: Request, session: SessionDep, actor: ActorDep, class_key: str, mode_key: str, per_year: _Short = ""
) -> Response:
    """Change how often a mode happens here."""
    try:
        async with session.begin_nested():
            await set_frequency(session, actor, class_key, mode_key, _number(per_year))
    except Invalid as refused:
        return await _class(request, session, actor, class_key, mode_key, per_year, refused)
    return RedirectResponse(f"/cause-library/{class_key}?done=1#{mode_key}", 303)


async def _overview(request: Request, session: SessionDep, actor: ActorDep, refused: Invalid | None = None) -> Response:
    library, faults = await queries.library_seen(session, actor)
    response: Response = render(
        request,
        "tracing/library.html",
        library=library,
        faults=faults,
        versions=await queries.library_versions(session, actor),
        edits=actor.can("library.edit"),
        done="done" in request.query_params,
        refused=refused,
        kinds=KINDS,
    )
    response.status_code = 422 if refused else 200
    return response


async def _class(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    class_key: str,
    mode_key: str = "",
    typed: str = "",
    refused: Invalid | None = None,
) -> Response:
    library, _ = await queries.library_seen(session, actor)
    one = next((known for known in library.classes if known.key == class_key), None)
    if one is None:
        raise NotFound()
    response: Response = render(
        request,
        "tracing/library_class.html",
        one=one,
        library=library,
        included=[known for known in library.classes if known.key in one.includes],
        edits=actor.can("library.edit"),
        done="done" in request.query_params,
        wrong=(mode_key, typed, refused.fields.get("per_year", "")) if refused else ("", "", ""),
        kinds=KINDS,
        quantities=QUANTITIES,
        sides=SIDES,
        shapes=SHAPES,
    )
    response.status_code = 422 if refused else 200
    return response


async def _document(file: UploadFile | None) -> Any:
    content = await file.read(MOST_BYTES + 1) if file else b""
    if not content:
        raise Invalid(fields={"file": N_("请选择文件")})
    if len(content) > MOST_BYTES:
        raise Invalid(fields={"file": N_("文件太大")})
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        raise Invalid(fields={"file": N_("这不是 JSON 文件")}) from None


def _number(typed: str) -> float:
    try:
        return float(typed.replace(",", "."))
    except ValueError:
        return 0.0


QUANTITIES = {
    "any": N_("任一测点"),
    "flow": N_("流量"),
    "temperature": N_("温度"),
    "pressure": N_("压力"),
    "level": N_("液位"),
    "composition": N_("组分"),
    "position": N_("阀位"),
    "power": N_("功率"),
    "current": N_("电流"),
    "speed": N_("转速"),
    "vibration": N_("振动"),
    "concentration": N_("气体浓度"),
    "humidity": N_("湿度"),
    "other": N_("其他测点"),
}
SIDES = {"own": N_("本设备"), "upstream": N_("上游"), "downstream": N_("下游")}
SHAPES = {
    "moved": N_("偏离"),
    "high": N_("偏高"),
    "low": N_("偏低"),
    "stuck": N_("读数不变"),
    "fluctuating": N_("波动"),
    "drift": N_("缓慢变化"),
    "step": N_("突变"),
}
