"""What a message says, in one language and for no kind in particular: the gravest first, each thing once. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any

from backend.channels.kinds import LEVELS, MARKS, MessageKind, Topic, gravity
from backend.channels.words import one_line
from backend.core.errors import N_
from backend.core.i18n import translate

BRAND = "安溯 AnSu"
"""In every message: a robot that wants a keyword is given 安溯."""
LONGEST_TITLE, LONGEST_NAME = 120, 60
LEVEL_WORDS = {"major": N_("重大"), "significant": N_("较大"), "general": N_("一般"), "low": N_("低")}
_OF_WHAT = {
    Topic.ALARMS: N_("预警报警"),
    Topic.INCIDENTS: N_("事件"),
    Topic.OVERDUE: N_("整改逾期"),
}


@dataclass(frozen=True)
class Told:
    """One thing to tell of. ``told`` as ``following`` kept it; ``over``: it has ended meanwhile."""

    event_id: int
    topic: str
    subject: str
    subject_id: int
    level: str
    at: datetime
    told: Mapping[str, Any] = field(default_factory=dict)
    over: bool = False


@dataclass(frozen=True)
class Entry:
    """One thing as it is read: ``facts`` are where, when, who; ``url`` is its page."""

    level: str
    mark: str
    word: str
    title: str
    facts: tuple[str, ...]
    url: str
    times: int = 1


@dataclass(frozen=True)
class Letter:
    """A message. ``more``: so many further things aren't written out."""

    kind: MessageKind
    locale: str
    number: int
    site: str
    title: str
    entries: tuple[Entry, ...]
    home: str
    more: int = 0
    note: str = ""

    def say(self, words: str, **values: Any) -> str:
        """In the letter's language."""
        return translate(self.locale, words, **values)

    @property
    def head(self) -> str:
        """``安溯 AnSu · 一厂``."""
        return f"{BRAND} · {self.site}"

    @property
    def number_words(self) -> str:
        """By which a repetition is known."""
        return self.say(N_("编号 %(n)s"), n=self.number)

    @property
    def more_words(self) -> str:
        """Empty when all is written out."""
        return self.say(N_("另有 %(n)s 条，请打开安溯查看"), n=self.more) if self.more else ""

    def noted(self, words: str) -> "Letter":
        """With a remark at its end."""
        return replace(self, note=words)

    def shorter(self, entries: int) -> "Letter":
        """With the first ``entries`` alone."""
        return replace(self, entries=self.entries[:entries], more=self.more + max(len(self.entries) - entries, 0))


@dataclass(frozen=True)
class Frame:
    """What all letters of a channel share. ``base``: the address at which people open AnSu, or nothing."""

    locale: str
    zone: tzinfo
    site: str
    base: str

    def say(self, words: str, **values: Any) -> str:
        """In the channel's language."""
        return translate(self.locale, words, **values)

    def url(self, path: str) -> str:
        """The page ``path``; empty where nobody has said at which address AnSu is opened."""
        return self.base.rstrip("/") + path if self.base and path.startswith("/") else ""

    def named(self, told: Mapping[str, Any], name: str) -> str:
        """``told[name_en]`` for who reads English, where there is one; else ``told[name_zh]``."""
        english = told.get(f"{name}_en") if self.locale == "en" else ""
        return one_line(str(english or told.get(f"{name}_zh") or ""), LONGEST_TITLE)


def news_letter(number: int, things: Sequence[Told], frame: Frame) -> Letter:
    """Of all ``things``: the gravest first, then the newest; several events of one thing are one entry, as it was told
    last, with how often."""
    latest: dict[tuple[str, int], Told] = {}
    times: Counter[tuple[str, int]] = Counter()
    worst: dict[tuple[str, int], str] = {}
    for one in sorted(things, key=lambda thing: (thing.at, thing.event_id)):
        key = (one.subject, one.subject_id)
        latest[key] = one
        times[key] += 1
        worst[key] = max(worst.get(key, "low"), one.level or "general", key=gravity)
    order = sorted(latest, key=lambda key: (-gravity(worst[key]), latest[key].over, -latest[key].at.timestamp()))
    entries = tuple(_entry(latest[key], worst[key], times[key], frame) for key in order)
    title = f"{entries[0].word} {entries[0].title}" if len(entries) == 1 else _counted(latest.values(), worst, frame)
    return Letter(MessageKind.NEWS, frame.locale, number, frame.site, title, entries, frame.url("/"))


def _counted(things: Any, worst: Mapping[tuple[str, int], str], frame: Frame) -> str:
    """``预警报警 5，整改逾期 2（重大 1，较大 6）``."""
    topics = Counter(Topic(one.topic) for one in things)
    levels = Counter(worst.values())
    comma = "，" if frame.locale != "en" else ", "
    what = comma.join(f"{frame.say(_OF_WHAT[topic])} {topics[topic]}" for topic in _OF_WHAT if topics[topic])
    how = comma.join(f"{frame.say(LEVEL_WORDS[one])} {levels[one]}" for one in reversed(LEVELS) if levels[one])
    return f"{what}（{how}）" if frame.locale != "en" else f"{what} ({how})"


def _entry(one: Told, level: str, times: int, frame: Frame) -> Entry:
    title = frame.named(one.told, "title")
    facts = [
        frame.say(words, name=one_line(name, LONGEST_NAME))
        for words, name in (
            (N_("地点：%(name)s"), frame.named(one.told, "area")),
            (N_("时间：%(name)s"), f"{one.at.astimezone(frame.zone):%m-%d %H:%M}"),
            (N_("负责岗位：%(name)s"), frame.named(one.told, "posts")),
        )
        if name
    ]
    if times > 1:
        facts.append(frame.say(N_("%(n)s 次"), n=times))
    if one.over:
        facts.append(frame.say(N_("现已恢复")))
    level = level if level in MARKS else "general"
    url = frame.url(str(one.told.get("url") or ""))
    return Entry(level, MARKS[level], frame.say(LEVEL_WORDS[level]), title, tuple(facts), url, times)


def report_letter(number: int, title: str, figures: Sequence[str], path: str, frame: Frame) -> Letter:
    """A safety report: its title, a few figures, its page."""
    entry = Entry("", "", "", title, tuple(figures), frame.url(path))
    return Letter(MessageKind.REPORT, frame.locale, number, frame.site, title, (entry,), frame.url("/"))


def try_letter(number: int, channel: str, at: datetime, frame: Frame) -> Letter:
    """What 试发 sends."""
    when = frame.say(N_("时间：%(name)s"), name=f"{at.astimezone(frame.zone):%m-%d %H:%M}")
    title = frame.say(N_("这是一条试发消息"))
    named = frame.say(N_("通知渠道：%(name)s"), name=one_line(channel, LONGEST_NAME))
    entry = Entry("", "", "", title, (named, when), frame.url("/channels"))
    return Letter(MessageKind.TEST, frame.locale, number, frame.site, title, (entry,), frame.url("/"))
