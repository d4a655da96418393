"""A safety report as it leaves AnSu: a few figures for a group, the whole as files for a mailbox. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from backend.channels.mailing import Attachment
from backend.core.errors import N_
from backend.incidents.history.exporting import MEDIA_TYPES, Format
from backend.incidents.review.blocks import Reader
from backend.operations.reports.models import SafetyReport
from backend.operations.reports.tables import workbook_of
from backend.operations.reports.telling import tell, title

_FIGURES = (
    (N_("预警和报警"), "alarms"),
    (N_("发现的隐患"), "hazards"),
    (N_("事件"), "incidents"),
    (N_("验收销号"), "verified"),
    (N_("巡检打卡"), "checkins"),
)
LARGEST_BOOK = 2 * 2**20
LARGEST_PDF = 15 * 2**20
"""Bytes; mail servers commonly take 20 to 25 MB of a mail, of which base64 takes a third."""


@dataclass(frozen=True)
class Written:
    """A report as the database holds it."""

    id: int
    kind: str
    first: date
    until: date
    version: int
    content: Mapping[str, Any]

    @property
    def path(self) -> str:
        """Its page."""
        return f"/safety-reports/{self.id}"

    @property
    def row(self) -> SafetyReport:
        """For those who tell of a row."""
        return SafetyReport(id=self.id, kind=self.kind, first=self.first, until=self.until, version=self.version)


def heading(report: Written, reader: Reader) -> str:
    """``安全周报 2026-11-16 – 11-22``."""
    return title(report.row, None, reader)


def figures(report: Written, reader: Reader) -> list[str]:
    """``预警和报警 12（上期 20）``, one line each."""
    counts, before = report.content["counts"], report.content["before"]
    return [
        reader.say(N_("%(what)s %(now)s（上期 %(before)s）"), what=reader.say(words), now=now, before=was)
        for words, name in _FIGURES
        for now, was in [(_total(counts[name]), _total(before[name]))]
    ]


def facts(report: Written) -> dict[str, Any]:
    """What another system gets of it."""
    counts, before = report.content["counts"], report.content["before"]
    return {
        "id": report.id,
        "kind": report.kind,
        "first": report.first.isoformat(),
        "last": (report.until - timedelta(days=1)).isoformat(),
        "version": report.version,
        "figures": {name: {"now": _total(counts[name]), "before": _total(before[name])} for _, name in _FIGURES},
    }


def attachments(report: Written, reader: Reader) -> tuple[Attachment, ...]:
    """The report as PDF, and as a workbook if it is small. Slow: for a thread."""
    from backend.incidents.review.printing.sheets import pdf_of  # large libraries, needed once a week

    name, sections, files = heading(report, reader), tell(report.content, reader), []
    stem = f"safety-{report.kind}-{report.first}-v{report.version}"
    pdf = pdf_of(name, sections, reader)
    if len(pdf) <= LARGEST_PDF:
        files.append(Attachment(f"{stem}.pdf", "application/pdf", pdf))
    with workbook_of(name, sections) as book:
        sheet = book.read()
    if len(sheet) <= LARGEST_BOOK:
        files.append(Attachment(f"{stem}.xlsx", MEDIA_TYPES[Format.XLSX], sheet))
    return tuple(files)


def _total(counted: int | Mapping[str, int]) -> int:
    return counted if isinstance(counted, int) else sum(counted.values())
