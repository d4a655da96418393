"""Renders pages and their fragments from ``web/templates``, and serves ``web/static``.

One Jinja environment a locale, so that words and formats are at hand in macros too. A fragment is a
block of its page's own file (``base.html`` gives it alone when asked): the full page and the answer to
htmx can't drift apart.
"""

import hashlib
import time
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from backend.core import phrases
from backend.core.clock import now
from backend.core.compiled import CompiledTemplates
from backend.core.i18n import LOCALES, translate
from backend.core.quick_templates import QuickEnvironment
from backend.core.settings import PROJECT_ROOT, settings

TEMPLATES = PROJECT_ROOT / "web" / "templates"
STATIC = PROJECT_ROOT / "web" / "static"
_TRIMMED: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True}
_YEAR_S = 365 * 86_400
_LOOK_AGAIN_S = 2.0
"""A page names twenty files and more: whether one has changed is asked every so often only."""
_zone: ContextVar[tzinfo] = ContextVar("zone", default=UTC)
"""Zone of the site whose page is being rendered."""


def render(request: Request, template: str, block: str | None = None, **context: Any) -> Response:
    """The page ``template``, or only its ``block``, in the language and time zone of who asks."""
    actor = getattr(request.state, "actor", None)
    environment = environment_of(locale_of(request))
    known = {"request": request, "actor": actor, "theme": getattr(actor, "theme", "auto"), **context}
    token = _zone.set(getattr(actor, "zone", UTC))
    try:
        text = environment.get_template(template).render(known, fragment=block)
    finally:
        _zone.reset(token)
    return HTMLResponse(text, headers={"Vary": "HX-Request, Cookie"})


def drawn(request: Request, template: str, **context: Any) -> Markup:
    """``template`` as a piece for another one."""
    return Markup(bytes(render(request, template, **context).body).decode())  # noqa: S704 - escaped by the template


def locale_of(request: Request) -> str:
    """The language of who asks: their own choice, else what their browser prefers."""
    actor = getattr(request.state, "actor", None)
    chosen = str(getattr(actor, "locale", "") or "")
    return chosen if chosen in LOCALES else preferred_locale(request)


def preferred_locale(request: Request) -> str:
    """The language of somebody unknown: chosen on this device, else the browser's, else the installation's."""
    chosen = request.cookies.get("locale", "")
    if chosen in LOCALES:
        return chosen
    languages = request.headers.get("accept-language", "").lower()
    if not languages:
        return settings().default_locale
    return "en" if languages.startswith("en") else "zh_CN"


@lru_cache
def environment_of(locale: str) -> Environment:
    """The Jinja environment of a locale; unknown names are errors, everything is escaped."""
    environment = QuickEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        bytecode_cache=CompiledTemplates(TEMPLATES / "__pycache__", _TRIMMED),
        **_TRIMMED,
    )
    environment.globals.update(_words(locale))
    environment.globals.update(
        {
            "asset": asset,
            "icon_of": icon_of,
            "moment": _moment,
            "clock": lambda at: phrases.clock(at, _zone.get()),
            "number": phrases.number,
            "epoch": lambda at: int(at.timestamp() * 1000) if at else "",
            "label_lines": phrases.label_lines,
        }
    )
    return environment


def _words(locale: str) -> dict[str, Any]:
    return {
        "locale": locale,
        "_": partial(translate, locale),
        "either": lambda chinese, english: english if locale == "en" and english else chinese,
        "named": partial(_in_language, locale, "name"),
        "choices": lambda things: [(thing.id, _in_language(locale, "name", thing)) for thing in things],
        "worded": lambda words: [(code, translate(locale, word)) for code, word in words.items()],
        "titled": partial(_in_language, locale, "title"),
        "when": partial(_when, locale),
        "day": partial(phrases.day, locale),
        "lasting": partial(phrases.lasting, locale),
        "lasting_between": partial(phrases.lasting_between, locale),
    }


def _in_language(locale: str, field: str, thing: Any) -> str:
    """``thing.name_en`` for who reads English, where there is one; else ``thing.name``."""
    english = getattr(thing, f"{field}_en", "") if locale == "en" else ""
    return str(english or getattr(thing, field))


def _when(locale: str, at: datetime | None) -> Markup | str:
    """How long ago, as a ``<time>`` that the page's script keeps true; the exact moment is its title."""
    if at is None:
        return "—"
    exact = at.astimezone(UTC).isoformat(timespec="seconds")
    told = phrases.ago(locale, at, now())
    return Markup(f'<time datetime="{exact}" title="{_moment(at)}" data-ago>{told}</time>')  # noqa: S704 - all our own


def _moment(at: datetime) -> str:
    return phrases.moment(at, now(), _zone.get())


def asset(path: str) -> str:
    """Address of a static file that changes when the file does, so that browsers may keep it."""
    return _address(path, int(time.monotonic() / _LOOK_AGAIN_S))


def icon_of(name: str, label: str = "") -> Markup:
    """The icon ``name``, which says ``label`` where it stands alone."""
    return _icon(name, label, asset("vendor/lucide/icons.svg"))


@lru_cache(maxsize=2048, typed=True)  # a label that is markup equals a text of the same letters, which is escaped
def _icon(name: str, label: str, icons: str) -> Markup:
    says = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" {}><use href="{}#{}"/></svg>').format(says, icons, name)


@lru_cache(maxsize=512)
def _address(path: str, _moment: int) -> str:
    file = STATIC / path
    return f"/static/{path}?v={_digest(file, file.stat().st_mtime_ns)}"


@lru_cache(maxsize=512)
def _digest(file: Path, _changed: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


class _Static(StaticFiles):
    """Static files; those asked for by their digest are kept for ever, the others are asked for again each time."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        versioned = b"v" in parse_qs(scope.get("query_string", b""))
        response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable" if versioned else "no-cache"
        return response


def mount_static(app: FastAPI) -> None:
    """Serve ``web/static`` below ``/static``."""
    app.mount("/static", _Static(directory=STATIC), name="static")
