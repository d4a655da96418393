"""The rows of a distribution as a table to take along: headings in the reader's language, and a line for each. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from backend.alarms.labels import LEVELS
from backend.core.errors import N_
from backend.core.i18n import translate
from backend.core.spreadsheets import Cell, Heading
from backend.hazards.accidents import ACCIDENTS, Accident
from backend.operations.distribution import wording
from backend.operations.distribution.queries.names import Known, Named
from backend.operations.distribution.queries.rows import Row

TITLE = N_("风险分布")
_YES, _NO = N_("是"), N_("否")
_HEADINGS = (
    (N_("统计内容"), 12),
    (N_("编号"), 20),
    (N_("名称"), 36),
    (N_("时间"), 20),
    (N_("级别"), 8),
    (N_("类型"), 16),
    (N_("事故类型"), 18),
    (N_("环节"), 14),
    (N_("区域"), 18),
    (N_("设备"), 22),
    (N_("班组"), 14),
    (N_("岗位"), 14),
    (N_("原因"), 34),
    (N_("原因已确认"), 12),
    (N_("系统推断的把握"), 14),
)


@dataclass(frozen=True)
class Reader:
    """In which language and zone a table is read, and what things are called."""

    locale: str
    zone: tzinfo
    known: Known
    causes: Mapping[str, Named]

    def say(self, words: str) -> str:
        """A msgid in the reader's language."""
        return translate(self.locale, words)

    def called(self, parameter: str, id_: int | None) -> str:
        """What people call a thing; empty for none."""
        return self.name(self.known.called(parameter, id_))

    def name(self, thing: Named | None) -> str:
        """In the reader's language."""
        if thing is None:
            return ""
        return thing.name_en or thing.name if self.locale == "en" else thing.name


def headings(reader: Reader) -> list[Heading]:
    """The first row; that of the moment names the zone."""
    said = [Heading(reader.say(words), width) for words, width in _HEADINGS]
    said[3] = Heading(f"{said[3].words} ({reader.zone})", said[3].width)
    return said


def lines(rows: Sequence[Row], reader: Reader) -> list[list[Cell]]:
    """A line for each row, in the order of the headings."""
    return [_line(row, reader) for row in rows]


def _line(row: Row, reader: Reader) -> list[Cell]:
    title = row.title_en or row.title if reader.locale == "en" else row.title
    return [
        reader.say(wording.SOURCES[row.source]),
        row.number,
        title,
        row.at.astimezone(reader.zone).replace(tzinfo=None, microsecond=0),
        reader.say(LEVELS.get(row.level, row.level)),
        reader.say(wording.type_words(row.source, row.type)),
        reader.say(ACCIDENTS[Accident(row.accident)]) if row.accident else "",
        reader.called("stage", row.stage_id),
        reader.called("area", row.area_id),
        reader.called("equipment", row.equipment_id),
        reader.called("team", row.team_id),
        reader.called("post", row.post_id),
        reader.name(reader.causes.get(row.cause)),
        reader.say(_YES if row.confirmed else _NO) if row.cause else "",
        None if row.probability is None else round(row.probability, 3),
    ]
