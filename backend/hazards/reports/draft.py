"""A report before it is one: what must be in it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from backend.alarms.models import Level
from backend.core.errors import N_, Invalid
from backend.core.pictures import Picture
from backend.hazards.photos import MOST_PHOTOS
from backend.hazards.plan import tidy
from backend.hazards.reports.models import Factor, Origin
from backend.hazards.reports.voice import VoiceNote

MOST_LETTERS = {"title": 120, "details": 1000, "note": 1000}
HEADLINE = 40
"""Letters of the first line that name a report without a title."""


@dataclass(frozen=True)
class Position:
    """Where a phone says it is: WGS 84 degrees, accuracy in metres."""

    latitude: float
    longitude: float
    accuracy_m: float | None = None


@dataclass(frozen=True)
class ReportDraft:
    """What is reported. ``level`` "" asks for a suggestion; ``joins`` is the open report that is the same hazard."""

    title: str = ""
    details: str = ""
    factor: str = Factor.OBJECT
    level: str = ""
    equipment_id: int | None = None
    area_id: int | None = None
    origin: str = Origin.PERSON
    origin_id: int | None = None
    captured_at: datetime | None = None
    """By our clock (see ``core.clock.true_moment``); None for just now."""
    pictures: Sequence[Picture] = ()
    idempotency_key: str = ""
    originals: Mapping[int, Picture] = field(default_factory=dict)
    """By index into ``pictures``: how that one was before somebody drew on it."""
    voice: VoiceNote | None = None
    position: Position | None = None
    joins: int | None = None

    def tidied(self) -> "ReportDraft":
        """The same with its texts as they are stored."""
        return replace(self, title=tidy(self.title), details=tidy(self.details))


def check(draft: ReportDraft, *, placed: bool) -> None:
    """Raises Invalid beside every field that keeps the report from being understood."""
    wrong: dict[str, str] = {}
    if draft.factor not in set(Factor):
        wrong["factor"] = N_("请选择是哪一类")
    if draft.level and draft.level not in set(Level):
        wrong["level"] = N_("请选择级别")
    if not (draft.pictures or draft.details or draft.title or draft.voice):
        wrong["photos"] = N_("请拍一张照片、说一句话，或写几个字")
    if not placed:
        wrong["place"] = N_("请选择在哪里")
    for name in ("title", "details"):
        if len(getattr(draft, name)) > MOST_LETTERS[name]:
            wrong[name] = N_("内容太长，请精简")
    if len(draft.pictures) > MOST_PHOTOS:
        wrong["photos"] = N_("一次最多上传 %(most)s 张照片")
    if wrong:
        raise Invalid(fields=wrong, most=MOST_PHOTOS)


def headline(title: str, details: str) -> str:
    """What names a report in lists: its title, else its first words; "" when it has neither."""
    first = title or details.split("\n", 1)[0].strip()
    return first if title or len(first) <= HEADLINE else first[: HEADLINE - 1] + "…"
