"""The history as a table to take along: its headings in the reader's language, and a row for each incident. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from backend.core.errors import N_
from backend.core.i18n import translate
from backend.core.spreadsheets import Cell, Heading
from backend.hazards.accidents import ACCIDENTS
from backend.incidents.history.queries.names import Named
from backend.incidents.history.queries.rows import Row
from backend.incidents.wording import KINDS, LEVEL_WORDS, PHASES, STATES
from backend.live.wording import EQUIPMENT_CLASSES

TITLE = N_("事件历史")
_YES, _NO = N_("是"), N_("否")
_HEADINGS = (
    (N_("编号"), 20),
    (N_("名称"), 30),
    (N_("级别"), 8),
    (N_("类型"), 18),
    (N_("事故类型"), 18),
    (N_("阶段"), 12),
    (N_("状态"), 10),
    (N_("环节"), 14),
    (N_("区域"), 18),
    (N_("设备"), 22),
    (N_("设备类别"), 14),
    (N_("开始时间"), 20),
    (N_("建立时间"), 20),
    (N_("控制时间"), 20),
    (N_("结束时间"), 20),
    (N_("控制用时（分钟）"), 12),
    (N_("结束用时（分钟）"), 12),
    (N_("原因"), 34),
    (N_("原因已确认"), 12),
    (N_("事前有预警"), 12),
    (N_("复发"), 8),
    (N_("现场指挥"), 14),
    (N_("受伤人数"), 10),
    (N_("死亡人数"), 10),
    (N_("直接损失（元）"), 14),
    (N_("损失"), 40),
)
_IN_ZONE = frozenset({N_("开始时间")})
"""Its heading names the zone, which holds for all moments."""


@dataclass(frozen=True)
class Reader:
    """In which language and zone a table is read, and what causes are called."""

    locale: str
    zone: tzinfo
    causes: Mapping[str, Named]

    def say(self, words: str) -> str:
        """A msgid in the reader's language."""
        return translate(self.locale, words)

    def name(self, thing: Any, field: str = "name") -> str:
        """What people call a thing; empty for none."""
        if thing is None:
            return ""
        english = getattr(thing, f"{field}_en", "") if self.locale == "en" else ""
        return str(english or getattr(thing, field))

    def at(self, moment: datetime | None) -> datetime | None:
        """A moment as the site's clock showed it."""
        return moment.astimezone(self.zone).replace(tzinfo=None, microsecond=0) if moment else None

    def yes(self, holds: bool) -> str:
        """Yes or no."""
        return self.say(_YES if holds else _NO)


def headings(reader: Reader) -> list[Heading]:
    """The first row."""
    said = ((words, reader.say(words), width) for words, width in _HEADINGS)
    return [Heading(f"{told} ({reader.zone})" if words in _IN_ZONE else told, width) for words, told, width in said]


def line(row: Row, reader: Reader) -> list[Cell]:
    """One incident, in the order of the headings."""
    return [*_what(row, reader), *_when(row, reader), *_why(row, reader), *_cost(row, reader)]


def lines(rows: Sequence[Row], reader: Reader) -> list[list[Cell]]:
    """Several."""
    return [line(row, reader) for row in rows]


def _what(row: Row, reader: Reader) -> list[Cell]:
    one = row.incident
    class_ = row.equipment.equipment_class if row.equipment else ""
    return [
        one.number,
        reader.name(one, "title"),
        _word(reader, LEVEL_WORDS, one.level),
        _word(reader, KINDS, one.kind),
        _word(reader, ACCIDENTS, one.accident),
        _word(reader, PHASES, one.phase),
        _word(reader, STATES, one.state),
        reader.name(row.stage),
        reader.name(row.area),
        reader.name(row.equipment),
        _word(reader, EQUIPMENT_CLASSES, class_),
    ]


def _when(row: Row, reader: Reader) -> list[Cell]:
    one = row.incident
    moments = (one.began_at, one.opened_at, one.contained_at, one.closed_at)
    lasted = (_minutes(one.began_at, ended) for ended in (one.contained_at, one.closed_at))
    return [*map(reader.at, moments), *lasted]


def _why(row: Row, reader: Reader) -> list[Cell]:
    sure = reader.yes(row.confirmed) if row.cause else ""
    cause = reader.name(reader.causes.get(row.cause))
    return [cause, sure, reader.yes(row.warned), reader.yes(row.again), reader.name(row.lead)]


def _cost(row: Row, reader: Reader) -> list[Cell]:
    one = row.incident
    return [one.injured, one.deaths, one.loss_yuan, one.losses]


def _word(reader: Reader, words: Mapping[Any, str], code: str) -> str:
    return reader.say(words[code]) if code in words else code


def _minutes(began: datetime, ended: datetime | None) -> float | None:
    return round((ended - began).total_seconds() / 60, 1) if ended else None
