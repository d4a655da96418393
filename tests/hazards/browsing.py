"""How tests look at pages: a cast's person in a browser, what a form would send, Chinese on an English page."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape

import httpx
from fastapi import FastAPI

from backend.core.database import Database
from backend.identity.actor import Actor
from backend.identity.models import Person
from tests.webclient import signed_in

_OWN_NAMES = ("中文", "安溯", "微信", "钉钉", "飞书")
"""Languages, apps and we ourselves are called what they call themselves."""


@asynccontextmanager
async def browsing(app: FastAPI, actor: Actor, *, locale: str = "zh_CN") -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which the person behind ``actor`` is signed in."""
    database: Database = app.state.database
    async with database.session() as session:
        person = await session.get_one(Person, actor.person_id)
    async with signed_in(app, person) as browser:
        browser.cookies.set("locale", locale)
        yield browser


def hidden(page: str, name: str) -> str:
    """Value of the first hidden field ``name``."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


def main_button(page: str) -> str:
    """Where the one main action of the page leads; "" when there is none."""
    bar = page.split('<div class="action-bar">')[1].split("</div>", maxsplit=1)[0]
    found = re.search(r'(?:formaction|href)="([^"]+)"', bar)
    return found[1] if found else ""


def chinese(page: str) -> set[str]:
    """Chinese words of a page that should be in English."""
    text = page
    for name in _OWN_NAMES:
        text = text.replace(name, "")
    return set(re.findall(r"[\u4e00-\u9fff]+", text))
