"""Feedback as a table to take along, in the reader's language. Pure."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from backend.core.errors import N_
from backend.core.i18n import translate
from backend.core.spreadsheets import Cell, Heading
from backend.feedback.models import Kind, State
from backend.feedback.queries import Card
from backend.feedback.wording import KINDS, STATES
from backend.identity.models import Role
from backend.identity.wording import ROLES

TITLE = N_("反馈")
_HEADINGS = (
    (N_("编号"), 20),
    (N_("时间"), 20),
    (N_("种类"), 10),
    (N_("内容"), 60),
    (N_("页面"), 24),
    (N_("手机"), 20),
    (N_("版本"), 10),
    (N_("提出人"), 16),
    (N_("角色"), 14),
    (N_("班组"), 16),
    (N_("状态"), 10),
    (N_("由谁答复"), 16),
    (N_("答复期限"), 20),
    (N_("首次答复"), 20),
    (N_("有用"), 8),
    (N_("并入"), 20),
)


def headings(locale: str) -> list[Heading]:
    """The first line."""
    return [Heading(translate(locale, words), width) for words, width in _HEADINGS]


def lines(cards: Iterable[Card], locale: str, zone: ZoneInfo) -> list[list[Cell]]:
    """One line each; moments are the site's."""
    return [_line(card, locale, zone) for card in cards]


def _line(card: Card, locale: str, zone: ZoneInfo) -> list[Cell]:
    one = card.feedback
    useful = {True: N_("有用"), False: N_("没用"), None: ""}[one.useful]
    return [
        one.number,
        _local(one.captured_at or one.created_at, zone),
        translate(locale, KINDS[Kind(one.kind)]),
        one.words,
        one.page,
        one.device,
        one.version,
        _named(locale, card.giver),
        translate(locale, ROLES[Role(one.role)]),
        _named(locale, card.team) if card.team else "",
        translate(locale, STATES[State(one.state)]),
        _named(locale, card.answerer) if card.answerer else "",
        _local(one.due_at, zone),
        _local(one.answered_at, zone),
        translate(locale, useful) if useful else "",
        card.main.number if card.main else "",
    ]


def _local(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    return at.astimezone(zone).replace(tzinfo=None, microsecond=0) if at else None


def _named(locale: str, thing: object) -> str:
    english = getattr(thing, "name_en", "") if locale == "en" else ""
    return str(english or getattr(thing, "name", ""))
