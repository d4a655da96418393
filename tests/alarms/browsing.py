"""What tests of pages do: raise an alarm as ingest would, read a page's words, send a form as a browser would."""

import re
from collections.abc import Awaitable, Callable
from html import unescape
from typing import Any

import httpx

from backend.alarms.commands import Occurrence, clear_alarm, raise_alarm
from backend.alarms.grouping import Neighbourhood
from backend.alarms.models import Level, RuleKind
from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Role
from tests.alarms.setting import Setting

Browsers = Callable[[Role], Awaitable[httpx.AsyncClient]]


async def raised(database: Database, setting: Setting, *, machine: int = 0, **fields: Any) -> int:
    """An alarm of one of the setting's machines, with group, deadline and event."""
    values: dict[str, Any] = {
        "site_id": setting.site_id,
        "condition_key": f"p{machine}:H",
        "kind": RuleKind.THRESHOLD,
        "level": Level.GENERAL,
        "title": f"压力{machine} 高报 101 kPa（限值 100）",
        "title_en": f"Pressure {machine} high 101 kPa (limit 100)",
        "value": 101.0,
        "limit_value": 100.0,
        "point_id": setting.points[machine],
        "equipment_id": setting.equipment[machine],
        "area_id": setting.area_id,
        "reading_at": now(),
        **fields,
    }
    near = Neighbourhood(zip(setting.equipment, setting.equipment[1:], strict=False))
    async with database.session() as session:
        return await raise_alarm(session, Occurrence(**values), near)


async def returned(database: Database, setting: Setting, key: str = "p0:H") -> None:
    """The condition has gone."""
    async with database.session() as session:
        assert await clear_alarm(session, setting.site_id, key, now()) is not None


def words(answer: httpx.Response) -> str:
    """The words of a page's content, without its frame and marks."""
    body = answer.text.partition("<main")[2].partition('<nav class="bottom-bar"')[0] or answer.text
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def form_key(answer: httpx.Response, deed: str) -> str:
    """The hidden number that the page's form for ``deed`` carries."""
    form = answer.text.partition(f'/{deed}"')[2].partition("</form>")[0]
    found = re.search(r'name="idempotency_key" value="(\w+)"', form)
    assert found, f"no form for {deed}"
    return found[1]
