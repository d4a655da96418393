"""What a scan leads to: ``/l/…`` is what a label's QR says, ``/scan`` reads one in the app or takes its short code."""

import hashlib
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request, Response
from starlette.responses import RedirectResponse

from backend.core.errors import N_, TooMany
from backend.core.pages import render
from backend.core.ratelimit import RateLimits
from backend.core.routing import APIRouter
from backend.core.security import CONTENT_SECURITY_POLICY
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.labels import queries
from backend.labels.codes import name_in, read_code, token_of
from backend.labels.keys import label_key
from backend.labels.models import Label

router = APIRouter()

TRIES = "30/10 minute"
"""Tokens and codes that fit no label, a person: who types wrongly gets on, who guesses doesn't."""
MOST_KNOWN = 2000
"""Labels that the scanner's page knows without a network: some 30 KB."""
SCANNING_POLICY = f"{CONTENT_SECURITY_POLICY}; script-src 'self' 'wasm-unsafe-eval'"
"""Of the page with the decoder alone: it may compile WebAssembly, and nothing else that others may not."""


@dataclass(frozen=True)
class Refusal:
    """Why a label leads nowhere, and what to do."""

    status: int
    title: str
    advice: str


FORGED = Refusal(404, N_("这不是安溯的标签"), N_("请扫设备或区域上贴着的安溯标签，或输入标签上的短码。"))
ELSEWHERE = Refusal(
    404,
    N_("这个标签不属于您的厂区"),
    N_("请确认登录的是这台设备所在厂区的账号；仍打不开，请告诉安全员，由他重新打印标签。"),
)
REVOKED = Refusal(410, N_("这个标签已作废"), N_("请找贴在设备上的新标签；如果只有这一张，请告诉安全员补打。"))


@router.get("/l/{label_token}", dependencies=[allow("plant.see")])
@router.get("/L/{label_token}", dependencies=[allow("plant.see")])
async def label_page(request: Request, session: SessionDep, actor: ActorDep, label_token: str) -> Response:
    """Lead to what the label is on, and let its page know by which label; else say why not and what to do."""
    await _refuse_the_tireless(request, actor)
    label = await queries.label_of_token(session, actor, label_token)
    if label is not None and label.revoked_at is None:
        return RedirectResponse(_place(label), 303)
    await _count_the_try(request, actor)
    if label is not None:
        return _refused(request, REVOKED, label)
    return _refused(request, ELSEWHERE if name_in(label_token, label_key()) else FORGED)


@router.get("/scan", dependencies=[allow("plant.see")])
async def scan_page(
    request: Request, session: SessionDep, actor: ActorDep, code: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Camera, photo, or the short code typed: with ``code`` on to what it stands for."""
    known = await _known(session, actor)
    if not code.strip():
        return _scan(request, known)
    await _refuse_the_tireless(request, actor)
    read = read_code(code)
    if read is None:
        return _scan(request, known, code, N_("短码有误：它是 6 位字母和数字，请对照标签再看一遍"))
    label = await queries.label_of_code(session, actor, read)
    if label is not None and label.revoked_at is None:
        return RedirectResponse(_place(label), 303)
    await _count_the_try(request, actor)
    if label is not None:
        return _refused(request, REVOKED, label)
    return _scan(request, known, code, N_("本厂区没有这个短码的标签，请对照标签再看一遍"))


def _place(label: Label) -> str:
    return f"{label.path}?label={token_of(label.token_name, label_key())}"


async def _known(session: SessionDep, actor: Actor) -> dict[str, str]:
    """Pages by the start of their token's SHA-256: a phone without a network finds what it scanned, learns no token."""
    key = label_key()
    labels = await queries.live_labels(session, actor, most=MOST_KNOWN)
    return {hashlib.sha256(token_of(label.token_name, key).encode()).hexdigest()[:8]: label.path for label in labels}


def _scan(request: Request, known: dict[str, str], code: str = "", error: str = "") -> Response:
    response: Response = render(request, "labels/scan.html", known=known, code=code, error=error)
    response.headers["Content-Security-Policy"] = SCANNING_POLICY
    response.status_code = 422 if error else 200
    return response


def _refused(request: Request, refusal: Refusal, label: Label | None = None) -> Response:
    response: Response = render(request, "labels/refused.html", refusal=refusal, label=label)
    response.status_code = refusal.status
    return response


async def _refuse_the_tireless(request: Request, actor: Actor) -> None:
    limits: RateLimits = request.app.state.limits
    if await limits.exhausted(TRIES, "label", str(actor.person_id)):
        raise TooMany(N_("试错的次数太多"))


async def _count_the_try(request: Request, actor: Actor) -> None:
    limits: RateLimits = request.app.state.limits
    await limits.count(TRIES, "label", str(actor.person_id))
