"""What a report is made of, whatever it is shown on: text, facts, lists, tables and pictures in one language. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from backend.core import phrases
from backend.core.i18n import translate
from backend.incidents.review.pictures import Chart, Course, Sparks, Strip


@dataclass(frozen=True)
class Said:
    """A piece of text. ``own``: a person's own words, in their language; ``url``: where more is."""

    kind: ClassVar[str] = "said"
    text: str
    own: bool = False
    url: str = ""


@dataclass(frozen=True)
class Facts:
    """Pairs of label and value."""

    kind: ClassVar[str] = "facts"
    pairs: Sequence[tuple[str, Said]]


@dataclass(frozen=True)
class Listed:
    """Sentences one below the other."""

    kind: ClassVar[str] = "listed"
    items: Sequence[Said]
    ordered: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under heads."""

    kind: ClassVar[str] = "table"
    heads: Sequence[str]
    rows: Sequence[Sequence[Said]]


Block = Said | Facts | Listed | Table | Strip | Course | Chart | Sparks


@dataclass(frozen=True)
class Section:
    """A part of the report with its heading; ``key`` names it on the page."""

    key: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Reader:
    """In which language (``zh_CN``, ``en``) and zone the report is read."""

    locale: str
    zone: ZoneInfo

    def say(self, message: str, **values: Any) -> str:
        """A text in the language."""
        return translate(self.locale, message, **values)

    def name(self, words: Mapping[str, str] | None) -> str:
        """Stored words in both languages."""
        if not words:
            return ""
        return (words["en"] or words["zh"]) if self.locale == "en" else words["zh"]

    def at(self, iso: str | None) -> str:
        """A stored moment with its day, in the zone."""
        return datetime.fromisoformat(iso).astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S") if iso else "—"

    def short(self, iso: str | None) -> str:
        """The same without the year, for tables on a phone."""
        return self.at(iso)[5:] if iso else "—"

    def lasting(self, seconds: float) -> str:
        """A duration."""
        return phrases.lasting(self.locale, abs(seconds))
