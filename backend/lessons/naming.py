"""What the values of a pattern are called, in both languages, when it is found. Pure but for names of places."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_
from backend.core.i18n import translate
from backend.hazards.reports.wording import FACTORS
from backend.identity.permissions import system_query
from backend.incidents.wording import KINDS, PHASES
from backend.live.wording import EQUIPMENT_CLASSES
from backend.tracing.library.catalogue import Library
from backend.tracing.library.fusing import site_library

WEEKDAYS = (N_("星期一"), N_("星期二"), N_("星期三"), N_("星期四"), N_("星期五"), N_("星期六"), N_("星期日"))
_LEVELS = {"major": N_("重大"), "significant": N_("较大"), "general": N_("一般"), "low": N_("低")}
_STATES = {
    ("training", "lapsed"): N_("责任岗位培训过期"),
    ("training", "valid"): N_("责任岗位培训有效"),
    ("maintenance", "overdue"): N_("维护超期"),
    ("maintenance", "kept"): N_("维护按期"),
    ("age", "new"): N_("投用不到 5 年"),
    ("age", "middle"): N_("投用 5 到 10 年"),
    ("age", "old"): N_("投用 10 年以上"),
    ("weather", "gale"): N_("大风"),
    ("weather", "rain"): N_("下雨"),
    ("weather", "hot"): N_("高温"),
    ("weather", "frost"): N_("冰冻"),
    ("weather", "fair"): N_("天气平常"),
    ("again", "yes"): N_("整改后又复发"),
    ("again", "no"): N_("首次整改"),
}
_ALARMS = {
    "equipment": N_("设备预警"),
    "environment": N_("环境预警"),
    "quality": N_("质量预警"),
    "operation": N_("操作预警"),
    "deviation": N_("多变量偏离预警"),
}
Names = Mapping[tuple[str, str], tuple[str, str]]
"""Kind of place (``area``, ``team``, ``equipment``) and id → its names."""


@system_query("the worker names the patterns of every site")
async def place_names(session: AsyncSession, site_id: int) -> Names:
    """All areas, teams and equipment of the site."""
    rows = await session.execute(
        text(
            "SELECT 'area' AS kind, id, name, name_en FROM area WHERE site_id = :site "
            "UNION ALL SELECT 'team', id, name, name_en FROM team WHERE site_id = :site "
            "UNION ALL SELECT 'equipment', id, name, name_en FROM equipment WHERE site_id = :site"
        ),
        {"site": site_id},
    )
    return {(kind, str(id_)): (name, name_en or name) for kind, id_, name, name_en in rows}


async def namer(session: AsyncSession, site_id: int) -> "Namer":
    """What names the values of this site."""
    return Namer(await place_names(session, site_id), await site_library(session, site_id))


class Namer:
    """Names of one site's values."""

    def __init__(self, places: Names, library: Library) -> None:
        self._places = places
        self._library = library

    def items(self, items: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        """As ``LessonPattern.items`` keeps them."""
        return [self._item(attribute, value) for attribute, value in items]

    def _item(self, attribute: str, value: str) -> dict[str, Any]:
        known = self._places.get((attribute, value)) or self._cause(attribute, value)
        name, name_en = known or _words(attribute, value)
        return {"attribute": attribute, "value": value, "name": name, "name_en": name_en}

    def _cause(self, attribute: str, value: str) -> tuple[str, str] | None:
        titled = self._library.titled(value) if attribute == "cause" and "." in value else None
        return (titled.title, titled.title_en) if titled else None


def _words(attribute: str, value: str) -> tuple[str, str]:
    if attribute == "shift":
        return f"第 {value} 班", f"Shift {value}"
    msgid = _msgid(attribute, value)
    return translate("zh_CN", msgid), translate("en", msgid)


def _msgid(attribute: str, value: str) -> str:
    if attribute == "kind":
        source, _, kind = value.partition(".")
        if source == "incident":
            return KINDS.get(kind, kind)  # type: ignore[call-overload, no-any-return]
        if source == "report":
            return FACTORS.get(kind, kind)  # type: ignore[call-overload, no-any-return]
        return _ALARMS.get(kind, N_("整改"))
    tables: dict[str, Mapping[Any, str]] = {"level": _LEVELS, "phase": PHASES, "class": EQUIPMENT_CLASSES}
    if attribute == "weekday":
        return WEEKDAYS[int(value)]
    if attribute in tables:
        return tables[attribute].get(value, value)
    return _STATES.get((attribute, value), value)
