"""Moments, durations and figures in words, the same in templates and in the page's script."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core import phrases
from backend.core.i18n import LOCALES, translate

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [
        (0, "刚刚", "just now"),
        (59, "刚刚", "just now"),
        (180, "3 分钟前", "3 min ago"),
        (7200, "2 小时前", "2 h ago"),
        (3 * 86_400, "3 天前", "3 d ago"),
        (-2400, "40 分钟后", "in 40 min"),
        (-5, "马上", "in a moment"),
    ],
)
def test_how_long_ago_is_said_in_the_unit_that_fits(seconds: float, chinese: str, english: str) -> None:
    at = NOON - timedelta(seconds=seconds)
    assert phrases.ago("zh_CN", at, NOON) == chinese
    assert phrases.ago("en", at, NOON) == english


@given(st.floats(0, 400 * 86_400), st.sampled_from(LOCALES))
def test_a_duration_never_loses_more_than_half_its_unit(seconds: float, locale: str) -> None:
    words = phrases.lasting(locale, seconds)
    figure = int(words.split()[0])
    unit = next(u for below, u in ((90, 1), (5400, 60), (129_600, 3600), (float("inf"), 86_400)) if seconds < below)
    assert abs(figure * unit - seconds) <= unit / 2


@pytest.mark.parametrize(
    ("least", "most", "likely", "chinese", "english"),
    [
        (1500, 4200, 2400, "25–70 分钟", "25–70 min"),
        (-20, 50, 9, "0–50 秒", "0–50 s"),
        (3590, 3610, 3600, "60 分钟", "60 min"),
        (70, 95, 80, "70–95 秒", "70–95 s"),
    ],
)
def test_a_duration_between_two_ends_is_said_in_one_unit(
    least: float, most: float, likely: float, chinese: str, english: str
) -> None:
    assert phrases.lasting_between("zh_CN", least, most, likely) == chinese
    assert phrases.lasting_between("en", least, most, likely) == english


def test_moments_are_told_in_the_zone_of_the_site_and_with_the_year_of_another() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    assert phrases.moment(datetime(2026, 11, 25, 18, 30, tzinfo=UTC), NOON, zone) == "11-26 02:30"
    assert phrases.moment(datetime(2025, 1, 2, 3, 4, tzinfo=UTC), NOON, zone) == "2025-01-02 11:04"
    assert phrases.clock(NOON, zone) == "20:00:00"


@given(st.text(min_size=1, max_size=14).filter(lambda text: text.strip() == text))
def test_a_label_in_two_lines_loses_no_letter(text: str) -> None:
    lines = phrases.label_lines(text)
    assert len(lines) <= 2
    assert "".join(lines) in {text, text.replace(" ", "", 1)} or " ".join(lines) == text


def test_values_fill_a_translated_text() -> None:
    assert translate("en", "%(n)s 分钟", n=3) == "3 min"
    assert translate("zh_CN", "%(n)s 分钟", n=3) == "3 分钟"
    assert translate("en", "这句没有译文") == "这句没有译文"
