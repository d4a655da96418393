"""A letter as each kind takes it, never longer than it takes. Pure."""

import json
from collections.abc import Callable
from html import escape
from typing import Any, TypeVar

from backend.channels.kinds import LIMITS, Kind
from backend.channels.letters import BRAND, Entry, Letter
from backend.channels.mailing import Attachment, Mail
from backend.channels.words import cut, cut_bytes, robot_words
from backend.core.errors import N_

_Shape = TypeVar("_Shape")
_LONGEST_NOTICE = 60


def robot_body(kind: Kind, letter: Letter) -> dict[str, Any]:
    """The JSON that a robot takes."""
    return {Kind.WECOM: _wecom, Kind.DINGTALK: _dingtalk, Kind.FEISHU: _feishu}[kind](letter)


def fitting(letter: Letter, shape: Callable[[Letter], _Shape], size: Callable[[_Shape], int], most: int) -> _Shape:
    """The shape of ``letter`` with as many entries as ``most`` bytes hold, at least one."""
    low, high = 1, len(letter.entries)
    whole = shape(letter)
    if size(whole) <= most or high <= 1:
        return whole
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(shape(letter.shorter(middle))) <= most else (low, middle - 1)
    return shape(letter.shorter(low))


def _wecom(letter: Letter) -> dict[str, Any]:
    most = LIMITS[Kind.WECOM].bytes_
    text = fitting(letter, lambda one: _markdown(one, "\n"), lambda words: len(words.encode()), most)
    return {"msgtype": "markdown", "markdown": {"content": cut_bytes(text, most)}}


def _dingtalk(letter: Letter) -> dict[str, Any]:
    most = LIMITS[Kind.DINGTALK].bytes_
    text = fitting(letter, lambda one: _markdown(one, "  \n"), lambda words: len(words.encode()), most)
    title = cut(robot_words(f"{BRAND} {letter.title}"), _LONGEST_NOTICE)
    return {"msgtype": "markdown", "markdown": {"title": title, "text": cut_bytes(text, most)}}


def _markdown(letter: Letter, end: str) -> str:
    """What both understand: bold, links, quotes. Every line ends a paragraph's line with ``end``."""
    lines = [f"**{robot_words(letter.head)}**"]
    if len(letter.entries) > 1:
        lines.append(f"**{robot_words(letter.title)}**")
        lines += [f"{_title(one)}{_beside(one)}" for one in letter.entries]
    else:
        (entry,) = letter.entries
        lines.append(_title(entry))
        lines += [f"> {robot_words(fact)}" for fact in entry.facts]
    if letter.more:
        lines.append(_link(letter.more_words, letter.home))
    lines.append(robot_words(" · ".join(part for part in (letter.note, letter.number_words) if part)))
    return end.join(lines)


def _title(entry: Entry) -> str:
    words = _link(entry.title, entry.url)
    return f"{entry.mark} **{robot_words(entry.word)}** {words}" if entry.mark else words


def _beside(entry: Entry) -> str:
    return "".join(f" · {robot_words(fact)}" for fact in entry.facts)


def _link(words: str, url: str) -> str:
    words = robot_words(words) or "…"
    return f"[{words}]({_target(url)})" if url else words


def _target(url: str) -> str:
    """An address that can't end the link before its time."""
    return url.replace("(", "%28").replace(")", "%29").replace(" ", "%20")


def _feishu(letter: Letter) -> dict[str, Any]:
    """Rich text (``post``), whose pieces are no markup: nothing needs to be escaped."""
    most = LIMITS[Kind.FEISHU].bytes_ - 500  # room for signature and the rest of the request
    return fitting(letter, _post, lambda body: len(json.dumps(body, ensure_ascii=False).encode()), most)


def _post(letter: Letter) -> dict[str, Any]:
    rows: list[list[dict[str, str]]] = []
    single = len(letter.entries) == 1
    for one in letter.entries:
        level = [{"tag": "text", "text": f"{one.mark} {one.word} "}] if one.mark else []
        row = [*level, _piece(one.title, one.url)]
        if single:
            rows += [row, *([_piece(fact)] for fact in one.facts)]
        else:
            rows.append([*row, _piece("".join(f" · {fact}" for fact in one.facts))])
    if letter.more:
        rows.append([_piece(letter.more_words, letter.home)])
    rows.append([_piece(" · ".join(part for part in (letter.note, letter.number_words) if part))])
    title = letter.head if single else f"{letter.head} · {letter.title}"
    return {
        "msg_type": "post",
        "content": {"post": {"en_us" if letter.locale == "en" else "zh_cn": {"title": title, "content": rows}}},
    }


def _piece(words: str, url: str = "") -> dict[str, str]:
    words = words.replace("://", "：//").replace("<", "＜") or "…"  # plain texts of 飞书 know ``<at …>``
    return {"tag": "a", "text": words, "href": url} if url else {"tag": "text", "text": words}


def mail_of(letter: Letter, name: str, attachments: tuple[Attachment, ...] = ()) -> Mail:
    """As an e-mail, in plain text and in HTML without pictures or scripts."""
    most = LIMITS[Kind.EMAIL].bytes_
    short = fitting(letter, lambda one: one, lambda one: len(_text(one).encode()), most)
    subject = cut(f"{BRAND} · {letter.title} · {letter.site}", 150)
    return Mail(subject, _text(short), _html(short), name, attachments)


def _text(letter: Letter) -> str:
    lines = [letter.head, letter.title, ""] if len(letter.entries) > 1 else [letter.head, ""]
    for one in letter.entries:
        lines.append(" ".join(part for part in (one.mark, one.word, one.title) if part))
        lines += [f"  {fact}" for fact in one.facts]
        lines += [f"  {one.url}", ""] if one.url else [""]
    lines += [part for part in (letter.more_words, letter.note, letter.home, letter.number_words) if part]
    return "\n".join(lines) + "\n"


def _html(letter: Letter) -> str:
    parts = [f"<p><strong>{escape(letter.head)}</strong></p>"]
    if len(letter.entries) > 1:
        parts.append(f"<p>{escape(letter.title)}</p>")
    for one in letter.entries:
        level = f"{escape(one.mark)} <strong>{escape(one.word)}</strong> " if one.mark else ""
        title = f'<a href="{escape(one.url)}">{escape(one.title)}</a>' if one.url else escape(one.title)
        parts.append(f"<p>{level}{title}" + "".join(f"<br>{escape(fact)}" for fact in one.facts) + "</p>")
    ends = [escape(part) for part in (letter.more_words, letter.note, letter.number_words) if part]
    if letter.home:
        ends.append(f'<a href="{escape(letter.home)}">{escape(letter.say(N_("打开安溯")))}</a>')
    language = "en" if letter.locale == "en" else "zh-CN"
    body = "\n".join([*parts, f"<p>{'<br>'.join(ends)}</p>"])
    return f'<!doctype html><html lang="{language}"><meta charset="utf-8"><body>\n{body}\n</body></html>\n'
