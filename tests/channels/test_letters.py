"""What messages say: the gravest first, people's words harmless, never longer than the other side takes."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.channels.kinds import LIMITS, ROBOTS, Kind
from backend.channels.letters import BRAND, Frame, Told, news_letter, report_letter, try_letter
from backend.channels.mailing import message_of, server_of
from backend.channels.rendering import mail_of, robot_body
from backend.channels.webhook import webhook_body
from backend.channels.words import ELLIPSIS, cut, cut_bytes, one_line, robot_words

NOON = datetime(2026, 11, 28, 4, 3, tzinfo=UTC)
FRAME = Frame("zh_CN", ZoneInfo("Asia/Shanghai"), "一厂", "https://ansu.example")
ENGLISH = Frame("en", ZoneInfo("Asia/Shanghai"), "Plant 1", "https://ansu.example")
SITE = {"code": "one", "name": "一厂", "name_en": "Plant 1"}
ANY_WORDS = st.text(max_size=300)
SERVER = server_of(
    {
        "host": "mail.example",
        "port": 25,
        "security": "none",
        "user": "",
        "sender": "ansu@plant.example",
        "recipients": ["a@plant.example", "b@plant.example"],
    },
    "",
    f"{BRAND} · 一厂",
)


def told(
    number: int = 1, level: str = "significant", title: str = "反应器压力 高报", *, over: bool = False, **words: Any
) -> Told:
    about = {"title_zh": title, "title_en": "Reactor pressure high", "url": f"/alarms/{number}"}
    place = {"area_zh": "反应区", "area_en": "Reactor area", "posts_zh": "反应岗", "posts_en": "Reactor operator"}
    moment = NOON + timedelta(minutes=number)
    return Told(number, "alarms", "alarm", number, level, moment, {**about, **place, **words}, over)


def text_of(kind: Kind, body: dict[str, Any]) -> str:
    if kind is Kind.FEISHU:
        return json.dumps(body, ensure_ascii=False)
    return str(body["markdown"].get("content") or body["markdown"]["text"])


def test_one_alarm_says_what_where_when_who_and_leads_there() -> None:
    text = text_of(Kind.WECOM, robot_body(Kind.WECOM, news_letter(12, [told()], FRAME)))
    assert text.split("\n") == [
        "**安溯 AnSu · 一厂**",
        "▲ **较大** [反应器压力 高报](https://ansu.example/alarms/1)",
        "> 地点：反应区",
        "> 时间：11-28 12:04",
        "> 负责岗位：反应岗",
        "编号 12",
    ]


def test_the_same_in_english() -> None:
    text = text_of(Kind.DINGTALK, robot_body(Kind.DINGTALK, news_letter(12, [told()], ENGLISH)))
    assert "**Significant** [Reactor pressure high](https://ansu.example/alarms/1)" in text
    assert "Place: Reactor area" in text and "Responsible post: Reactor operator" in text and "No. 12" in text


def test_many_things_are_one_message_with_counts_and_the_worst_first() -> None:
    things = [told(1), told(2, "general"), told(3, "major", "储罐液位 高高报"), told(4), told(4, "general")]
    letter = news_letter(7, things, FRAME)
    assert letter.title == "预警报警 4（重大 1，较大 2，一般 1）"
    assert [one.word for one in letter.entries] == ["重大", "较大", "较大", "一般"]
    assert letter.entries[0].title == "储罐液位 高高报"
    assert "2 次" in letter.entries[1].facts, "what was told twice is one entry with its worst level"


def test_what_is_over_by_now_says_so_and_comes_after_what_is_not() -> None:
    letter = news_letter(7, [told(2, over=True), told(1)], FRAME)
    assert [one.url[-1] for one in letter.entries] == ["1", "2"] and "现已恢复" in letter.entries[1].facts


def test_without_an_address_of_the_installation_there_is_no_link() -> None:
    letter = news_letter(1, [told()], Frame("zh_CN", UTC, "一厂", ""))
    assert "](" not in text_of(Kind.WECOM, robot_body(Kind.WECOM, letter))
    assert "http" not in json.dumps(robot_body(Kind.FEISHU, letter))


@pytest.mark.parametrize("kind", [Kind.WECOM, Kind.DINGTALK])
@given(words=st.lists(ANY_WORDS, min_size=1, max_size=4))
def test_peoples_words_make_no_markup(kind: Kind, words: list[str]) -> None:
    things = [told(number, title=title, area_zh=title, posts_zh=title) for number, title in enumerate(words, 1)]
    text = text_of(kind, robot_body(kind, news_letter(1, things, FRAME)))
    links = re.findall(r"\]\(([^)]*)\)", text)
    assert len(links) == len(things) == text.count("](") == text.count("[")
    assert all(link.startswith("https://ansu.example/") for link in links)
    assert not re.search(r"[<`~#|\\!@&]", text), "nobody is called by name, nothing is code or a picture"
    assert text.count("://") == len(links), "no address that somebody typed becomes a link"
    assert all(line.startswith(("**", "▲", ">", "编号")) for line in re.split(r" {0,2}\n", text))


@given(words=ANY_WORDS)
def test_peoples_words_call_nobody_in_feishu(words: str) -> None:
    body = robot_body(Kind.FEISHU, news_letter(1, [told(title=words, area_zh=words)], FRAME))
    pieces = [piece for row in body["content"]["post"]["zh_cn"]["content"] for piece in row]
    assert {piece["tag"] for piece in pieces} == {"text", "a"} and all(piece["text"] for piece in pieces)
    assert all("<" not in piece["text"] and "://" not in piece["text"] for piece in pieces)


@given(words=ANY_WORDS)
def test_a_mail_carries_words_as_text_alone(words: str) -> None:
    mail = mail_of(news_letter(1, [told(title=words, area_zh=words)], FRAME), "ansu-one-1")
    assert set(re.findall(r"<(/?[a-z]+)", mail.html)) <= {
        *("html", "/html", "meta", "body", "/body", "p", "/p", "strong", "/strong", "a", "/a", "br")
    }
    message = message_of(mail, SERVER)
    raw = message.as_bytes()
    assert message["Message-ID"] == "<ansu-one-1@plant.example>" and max(map(len, raw.split(b"\r\n"))) <= 998
    assert set(message.keys()) == {
        *("Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type")
    }


@pytest.mark.parametrize("kind", sorted(ROBOTS))
@given(
    titles=st.lists(st.text(st.sampled_from("安A😀é́\u200d<[*\n "), max_size=200), min_size=1, max_size=60),
    locale=st.sampled_from(["zh_CN", "en"]),
)
def test_no_message_is_longer_than_its_kind_takes(kind: Kind, titles: list[str], locale: str) -> None:
    things = [told(n, title=title, title_en=title, area_zh=title) for n, title in enumerate(titles, 1)]
    frame = Frame(locale, UTC, "很长的厂名" * 10, "https://a-rather-long-name-of-a-plant.example.com:8471")
    body = robot_body(kind, news_letter(123_456_789, things, frame))
    text = text_of(kind, body)
    assert len(text.encode()) <= LIMITS[kind].bytes_
    assert text.encode().decode() == text and ("123456789" in text)
    if kind is Kind.WECOM and len(titles) > 50 and all(len(title) > 100 for title in titles):
        assert "条，请打开安溯查看" in text or "more: please open AnSu" in text


def test_a_flood_is_cut_to_the_worst_with_how_many_more_there_are() -> None:
    things = [told(n, "major" if n == 200 else "general", f"测点 {n} 超限") for n in range(1, 301)]
    text = text_of(Kind.WECOM, robot_body(Kind.WECOM, news_letter(1, things, FRAME)))
    shown = text.count("超限")
    assert text.split("\n")[2].startswith("◆ **重大** [测点 200 超限]")
    assert 10 < shown < 60 and f"另有 {300 - shown} 条" in text and len(text.encode()) <= 4096


@given(ANY_WORDS, st.integers(0, 120))
def test_words_are_cut_on_whole_characters(words: str, most: int) -> None:
    by_letters, by_bytes = cut(words, most), cut_bytes(words, most)
    assert len(by_letters) <= most and len(by_bytes.encode()) <= most
    for short in (by_letters, by_bytes):
        assert short in (words, "") or words.startswith(short.removesuffix(ELLIPSIS).rstrip())
        assert "\ufffd" not in short or "\ufffd" in words


def test_accents_tones_and_joined_emoji_stay_whole() -> None:
    assert cut("ae\u0301bc", 3) == "a" + ELLIPSIS
    assert cut("👍🏽安全", 2) == ELLIPSIS
    assert cut("安👩\u200d🔧去", 4) == "安" + ELLIPSIS
    assert cut_bytes("压力高报", 9) == "压力" + ELLIPSIS


def test_lines_and_turned_directions_are_taken_out() -> None:
    assert one_line("一\r\n二\u202e三\x00四\u2028五") == "一 二三 四 五"
    assert robot_words("<@all> [点我](http://x.example)") == "＜＠all＞ ［点我］（http：//x.example）"


def test_a_test_message_names_its_channel_and_a_report_a_few_figures() -> None:
    assert "通知渠道：夜班群" in text_of(Kind.WECOM, robot_body(Kind.WECOM, try_letter(3, "夜班群", NOON, FRAME)))
    letter = report_letter(4, "安全周报 2026-11-16 – 11-22", ["预警和报警 12（上期 20）"], "/safety-reports/9", FRAME)
    text = text_of(Kind.WECOM, robot_body(Kind.WECOM, letter))
    assert "[安全周报 2026-11-16 – 11-22](https://ansu.example/safety-reports/9)" in text
    assert "> 预警和报警 12（上期 20）" in text


def test_a_webhook_gets_both_languages_in_the_order_of_events_and_says_what_is_left_out() -> None:
    things = [told(n) for n in (2, 1)]
    body = webhook_body(news_letter(5, things, ENGLISH), things, ENGLISH, SITE, None)
    assert [item["event"] for item in body["items"]] == [1, 2] and body["more"] == 0
    assert body["items"][0] | {"at": ""} == {
        "event": 1,
        "topic": "alarms",
        "subject": "alarm",
        "id": 1,
        "level": "significant",
        "at": "",
        "title": "反应器压力 高报",
        "area": "反应区",
        "posts": "反应岗",
        "over": False,
        "title_en": "Reactor pressure high",
        "area_en": "Reactor area",
        "posts_en": "Reactor operator",
        "url": "https://ansu.example/alarms/1",
    }
    flood = [told(n, title="长" * 120) for n in range(1, 2001)]
    body = webhook_body(news_letter(5, flood, FRAME), flood, FRAME, SITE, None)
    assert len(json.dumps(body, ensure_ascii=False).encode()) <= LIMITS[Kind.WEBHOOK].bytes_
    assert body["more"] == 2000 - len(body["items"]) > 0
