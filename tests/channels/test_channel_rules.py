"""What decides about channels without a database or a network: signatures, limits, rests, quiet hours, places."""

import ipaddress
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.channels.addresses import LARK, Robot, may_reach, robot_of, webhook_url
from backend.channels.answers import Outcome, Reason, answer_of, plain
from backend.channels.kinds import LIMITS, Kind, Topic
from backend.channels.pacing import due, recent_calls, rest, wait_s
from backend.channels.sealing import Sealed, seal, unseal
from backend.channels.signing import dingtalk_signature, feishu_signature, webhook_signature
from backend.channels.topics import Wanted, Where, is_told, topic_of, wants
from backend.channels.wording import REASONS
from backend.core.errors import Invalid
from backend.core.events import Entry
from backend.core.i18n import catalogue

ZONE = ZoneInfo("Asia/Shanghai")
KEY = "693a91f6-7abc-4bc4-97a0-0ec2sifa5aaa"


def test_dingtalk_signs_as_its_documentation_does() -> None:
    """Timestamp and secret of the vendor's page; the signature as others computed it."""
    assert dingtalk_signature(1577262236757, "this is secret") == "hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D"


def test_feishu_signs_nothing_with_timestamp_and_secret_as_its_key() -> None:
    assert feishu_signature(1599360473, "demo") == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


def test_our_own_signature_is_what_openssl_computes() -> None:
    body = '{"title":"反应器压力 高报"}'.encode()
    command = ["openssl", "dgst", "-sha256", "-hmac", "s3cret"]
    said = subprocess.run(command, input=b"1700000000." + body, capture_output=True, check=True).stdout.decode()
    assert webhook_signature(1700000000, body, "s3cret") == "sha256=" + said.split()[-1]


@given(
    st.sampled_from(Kind),
    st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=300),
)
def test_no_limit_is_ever_passed_whenever_somebody_wants_to_call(kind: Kind, gaps: list[float]) -> None:
    at, calls, made = 1_700_000_000.0, list[float](), list[float]()
    for gap in gaps:
        at += gap / 10
        calls = recent_calls(calls, at)
        if wait_s(kind, calls, at) == 0:
            calls.append(at)
            made.append(at)
    for most, seconds in LIMITS[kind].calls:
        assert all(sum(one <= call < one + seconds for call in made) <= most for one in made)


def test_who_waits_as_told_may_call_then() -> None:
    calls = [1000.0 + place * 0.1 for place in range(20)]
    wait = wait_s(Kind.WECOM, calls, 1010.0)
    assert 50.0 < wait < 52.0 and wait_s(Kind.WECOM, calls, 1010.0 + wait) == 0
    assert wait_s(Kind.FEISHU, calls[:5], 1000.5) > 0 and wait_s(Kind.FEISHU, calls[:4], 1000.5) == 0


def test_rests_grow_to_a_quarter_of_an_hour() -> None:
    assert [rest(n).total_seconds() for n in (1, 2, 3, 8, 9, 10_000)] == [5, 10, 20, 640, 900, 900]


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


def test_the_night_holds_all_but_what_is_major_until_it_ends() -> None:
    night = (22 * 60, 7 * 60)
    assert due("significant", at(23), ZONE, night) == at(7, day=3)
    assert due("", at(6, 30), ZONE, night) == at(7)
    assert due("major", at(23), ZONE, night) == at(23) + timedelta(seconds=3)
    assert due("general", at(12), ZONE, night) == at(12) + timedelta(seconds=3)
    assert due("general", at(12), ZONE, None) == at(12) + timedelta(seconds=3)


def test_quiet_hours_follow_the_local_clock_over_the_change_to_summer_time() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    held = due("low", datetime(2026, 3, 28, 23, tzinfo=berlin).astimezone(UTC), berlin, (22 * 60, 7 * 60))
    assert held == datetime(2026, 3, 29, 7, tzinfo=berlin) and held.astimezone(UTC).hour == 5


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 366 * 24 * 60))
def test_quiet_hours_hold_nothing_longer_than_a_day(starts: int, ends: int, minute: int) -> None:
    came = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    told = due("low", came, ZONE, (starts, ends))
    assert came < told <= came + timedelta(days=1, seconds=3)


@pytest.mark.parametrize(
    ("kind", "given_", "robot"),
    [
        (Kind.WECOM, f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}", Robot(KEY)),
        (Kind.WECOM, f"  {KEY} ", Robot(KEY)),
        (Kind.DINGTALK, "https://oapi.dingtalk.com/robot/send?access_token=" + "a1" * 32, Robot("a1" * 32)),
        (Kind.FEISHU, f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}", Robot(KEY)),
        (Kind.FEISHU, f"https://{LARK}/open-apis/bot/v2/hook/{KEY}", Robot(KEY, lark=True)),
    ],
)
def test_a_pasted_address_gives_its_key(kind: Kind, given_: str, robot: Robot) -> None:
    assert robot_of(kind, given_) == robot


@pytest.mark.parametrize(
    ("kind", "given_"),
    [
        (Kind.WECOM, f"https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key={KEY}"),
        (Kind.WECOM, f"https://evil.example/?qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"),
        (Kind.WECOM, f"http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"),
        (Kind.WECOM, f"https://qyapi.weixin.qq.com@evil.example/cgi-bin/webhook/send?key={KEY}"),
        (Kind.WECOM, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=../../secret"),
        (Kind.DINGTALK, f"https://oapi.dingtalk.com/robot/other?access_token={KEY}"),
        (Kind.FEISHU, f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}/../x"),
        (Kind.FEISHU, ""),
        (Kind.FEISHU, "https://[::1"),
    ],
)
def test_what_is_no_robots_address_is_refused_beside_the_field(kind: Kind, given_: str) -> None:
    with pytest.raises(Invalid) as refused:
        robot_of(kind, given_)
    assert set(refused.value.fields) == {"address"}


@pytest.mark.parametrize(
    "given_",
    [
        "",
        "hooks.example/x",
        "ftp://hooks.example/x",
        "file:///etc/passwd",
        "https://user:word@hooks.example/",
        "https://",
        "https://hooks.example:0/",
        "https://hooks.example:99999/",
        "https://hooks.example/a b",
        "https://hooks.example/\r\nX: y",
        "https://hooks.exämple/",
        "https://hooks.example/" + "x" * 2000,
    ],
)
def test_a_webhooks_address_must_be_whole_and_plain(given_: str) -> None:
    with pytest.raises(Invalid):
        webhook_url(given_, inside=True)


def test_http_is_for_the_plants_own_network_alone() -> None:
    assert webhook_url("http://10.1.2.3:8080/hook?x=1#part", inside=True) == "http://10.1.2.3:8080/hook?x=1"
    assert webhook_url("https://hooks.example/x", inside=False) == "https://hooks.example/x"
    with pytest.raises(Invalid):
        webhook_url("http://hooks.example/x", inside=False)


@pytest.mark.parametrize(
    ("address", "outside", "inside"),
    [
        ("8.8.8.8", True, True),
        ("2400:3200::1", True, True),
        ("10.1.2.3", False, True),
        ("192.168.1.1", False, True),
        ("172.31.0.1", False, True),
        ("100.64.0.1", False, True),
        ("fd12::1", False, True),
        ("127.0.0.1", False, False),
        ("127.8.8.8", False, False),
        ("::1", False, False),
        ("0.0.0.0", False, False),
        ("169.254.169.254", False, False),
        ("100.100.100.200", False, False),
        ("168.63.129.16", False, False),
        ("fd00:ec2::254", False, False),
        ("fe80::1", False, False),
        ("224.0.0.1", False, False),
        ("255.255.255.255", False, False),
        ("240.0.0.1", False, False),
        ("192.0.2.1", False, False),
        ("::ffff:127.0.0.1", False, False),
        ("::ffff:10.0.0.1", False, True),
        ("64:ff9b::7f00:1", False, False),
        ("64:ff9b::808:808", True, True),
        ("2002:7f00:1::", False, False),
    ],
)
def test_where_a_call_may_go(address: str, outside: bool, inside: bool) -> None:
    found = ipaddress.ip_address(address)
    assert (may_reach(found, inside=False), may_reach(found, inside=True)) == (outside, inside)


@given(st.ip_addresses())
def test_this_machine_and_its_link_are_never_called(address: Any) -> None:
    if address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
        assert not may_reach(address, inside=True)
    assert not may_reach(address, inside=False) or address.is_global or address.version == 6


@pytest.mark.parametrize(
    ("kind", "status", "said", "outcome", "reason"),
    [
        (Kind.WECOM, 200, '{"errcode":0,"errmsg":"ok"}', Outcome.TAKEN, ""),
        (Kind.WECOM, 200, '{"errcode":93000,"errmsg":"invalid webhook url, hint: [1]"}', Outcome.REFUSED, "wrong_key"),
        (Kind.WECOM, 200, '{"errcode":45009,"errmsg":"api freq out of limit"}', Outcome.LIMITED, "limited"),
        (Kind.WECOM, 200, '{"errcode":93000,"errmsg":"content exceed max length"}', Outcome.UNFIT, "too_long"),
        (Kind.WECOM, 200, '{"errcode":-1,"errmsg":"system busy"}', Outcome.UNREACHED, "busy"),
        (Kind.WECOM, 200, "<html>please sign in to the network</html>", Outcome.UNREACHED, "unknown_answer"),
        (Kind.WECOM, 502, "bad gateway", Outcome.UNREACHED, "busy"),
        (Kind.DINGTALK, 200, '{"errcode":310000,"errmsg":"sign not match"}', Outcome.REFUSED, "wrong_signature"),
        (Kind.DINGTALK, 200, '{"errcode":310000,"errmsg":"invalid timestamp"}', Outcome.REFUSED, "wrong_signature"),
        (Kind.DINGTALK, 200, '{"errcode":310000,"errmsg":"keywords not in content"}', Outcome.REFUSED, "keyword"),
        (
            Kind.DINGTALK,
            200,
            '{"errcode":310000,"errmsg":"ip 1.2.3.4 not in whitelist"}',
            Outcome.REFUSED,
            "address_not_allowed",
        ),
        (
            Kind.DINGTALK,
            200,
            '{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}',
            Outcome.LIMITED,
            "limited",
        ),
        (Kind.DINGTALK, 200, '{"errcode":300005,"errmsg":"token is not exist"}', Outcome.REFUSED, "wrong_key"),
        (Kind.FEISHU, 200, '{"code":0,"msg":"success","data":{}}', Outcome.TAKEN, ""),
        (Kind.FEISHU, 200, '{"StatusCode":0,"StatusMessage":"success"}', Outcome.TAKEN, ""),
        (
            Kind.FEISHU,
            200,
            '{"code":19001,"msg":"param invalid: incoming webhook access token invalid"}',
            Outcome.REFUSED,
            "wrong_key",
        ),
        (
            Kind.FEISHU,
            200,
            '{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}',
            Outcome.REFUSED,
            "wrong_signature",
        ),
        (Kind.FEISHU, 400, '{"code":19022,"msg":"Ip Not Allowed"}', Outcome.REFUSED, "address_not_allowed"),
        (Kind.FEISHU, 200, '{"code":19024,"msg":"Key Words Not Found"}', Outcome.REFUSED, "keyword"),
        (Kind.FEISHU, 200, '{"code":11232,"msg":"frequency limited psm[x]appID[1500]"}', Outcome.LIMITED, "limited"),
        (Kind.WEBHOOK, 204, "", Outcome.TAKEN, ""),
        (Kind.WEBHOOK, 302, "", Outcome.REFUSED, "redirected"),
        (Kind.WEBHOOK, 401, "no", Outcome.REFUSED, "unauthorized"),
        (Kind.WEBHOOK, 404, "no", Outcome.REFUSED, "gone"),
        (Kind.WEBHOOK, 413, "no", Outcome.UNFIT, "too_long"),
        (Kind.WEBHOOK, 418, "no", Outcome.REFUSED, "other"),
        (Kind.WEBHOOK, 503, "no", Outcome.UNREACHED, "busy"),
    ],
)
def test_an_answer_means(kind: Kind, status: int, said: str, outcome: Outcome, reason: str) -> None:
    answer = answer_of(kind, status, {}, said.encode())
    assert (answer.outcome, answer.reason) == (outcome, reason)


def test_a_limit_says_how_long_to_wait_within_an_hour() -> None:
    waits = {"7": 7.0, "999999": 3600.0, "0": 1.0, "Wed, 21 Oct 2026 07:28:00 GMT": 60.0, "": 60.0}
    for word, seconds in waits.items():
        assert answer_of(Kind.WEBHOOK, 429, {"retry-after": word}, b"").after_s == seconds


@given(st.binary(max_size=400), st.integers(100, 599), st.sampled_from(Kind))
def test_no_answer_is_too_strange(body: bytes, status: int, kind: Kind) -> None:
    answer = answer_of(kind, status, {}, body)
    assert len(answer.detail) <= 200 and answer.detail.isprintable()


def test_every_reason_is_said_in_plain_words_in_both_languages() -> None:
    english = catalogue("en")
    for reason in Reason:
        said = REASONS[reason]
        assert (reason is Reason.NONE) or said.short in english
        assert not said.advice or said.advice in english


def test_secrets_are_struck_out_of_others_words() -> None:
    assert plain("no such\nkey  abc123 here", "abc123", "") == "no such key *** here"


def test_what_is_sealed_opens_for_its_site_alone() -> None:
    sealed = seal(7, {"token": "关键"})
    assert "关键".encode() not in sealed and unseal(7, sealed) == {"token": "关键"}
    assert seal(7, {"token": "关键"}) != sealed, "each sealing is another"
    for site, given_ in ((8, sealed), (7, sealed[:-1] + b"x"), (7, b""), (7, b"short")):
        with pytest.raises(Sealed):
            unseal(site, given_)


def event(kind: str, level: str = "significant", **data: Any) -> Entry:
    return Entry(1, 1, 1, datetime.now(UTC), kind, kind.partition(".")[0], 5, level=level, data=data)


def test_which_events_are_told_outside() -> None:
    told = {"alarm.raised", "alarm.nobody_reached", "incident.opened", "incident.closed", "rectification.overdue"}
    quiet = {"alarm.acknowledged", "incident.logged", "rectification.started", "checkin.done", "channel.paused"}
    assert all(is_told(event(kind)) for kind in told) and not any(is_told(event(kind)) for kind in quiet)
    assert not is_told(event("alarm.raised", state="shelved"))
    assert topic_of(event("incident.closed")) is Topic.INCIDENTS
    assert topic_of(event("safety_report.written"), "week") is Topic.WEEK
    assert topic_of(event("safety_report.written"), "") is None


def test_a_channel_is_told_what_it_asks_for() -> None:
    one = Wanted({Topic.ALARMS, Topic.WEEK}, "significant", area_ids={3}, stage_ids={4})
    assert wants(one, Topic.ALARMS, "major", Where(3)) and wants(one, Topic.ALARMS, "significant", Where(9, 4))
    assert not wants(one, Topic.ALARMS, "general", Where(3)), "below its level"
    assert not wants(one, Topic.ALARMS, "major", Where(9, 9)), "elsewhere"
    assert wants(one, Topic.ALARMS, "major", Where()), "who knows where: rather once too often"
    assert not wants(one, Topic.INCIDENTS, "major", Where(3)) and wants(one, Topic.WEEK, "", Where())
