"""What a report suggests and becomes: the pure rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.alarms.models import Level
from backend.core.errors import Conflict, Invalid
from backend.hazards.models import RectificationState
from backend.hazards.reports.draft import HEADLINE, ReportDraft, check, headline
from backend.hazards.reports.lifecycle import Outcome, check_rectifiable, check_waiting, outcome, stands_open
from backend.hazards.reports.models import ReportState
from backend.hazards.reports.suggest import Reason, Seen, Suggestion, suggested_level
from backend.hazards.reports.voice import sniff

RECTIFYING = [None, *RectificationState]


@pytest.mark.parametrize(
    ("seen", "suggestion"),
    [
        (Seen("法兰处泄漏，有气味"), Suggestion(Level.MAJOR, Reason.WORD, "泄漏")),
        (Seen("Guard removed from the belt"), Suggestion(Level.SIGNIFICANT, Reason.WORD, "guard")),
        (Seen("标签掉了"), Suggestion(Level.LOW, Reason.WORD, "标签")),
        (Seen("螺栓松动"), Suggestion(Level.GENERAL, Reason.USUAL)),
        (Seen("没有泄漏，标签掉了"), Suggestion(Level.LOW, Reason.WORD, "标签")),
        (Seen("没有泄漏。后来泄漏了"), Suggestion(Level.MAJOR, Reason.WORD, "泄漏")),
        (Seen("no leak seen"), Suggestion(Level.GENERAL, Reason.USUAL)),
        (Seen("标签掉了", alarm="significant"), Suggestion(Level.SIGNIFICANT, Reason.ALARM)),
        (Seen("泄漏", alarm="significant"), Suggestion(Level.MAJOR, Reason.WORD, "泄漏")),
        (Seen("螺栓松动", alarm="low"), Suggestion(Level.GENERAL, Reason.USUAL)),
        (Seen("", open_here=3), Suggestion(Level.SIGNIFICANT, Reason.OFTEN)),
    ],
)
def test_the_worst_sign_gives_the_level_and_says_why(seen: Seen, suggestion: Suggestion) -> None:
    assert suggested_level(seen) == suggestion


@given(st.text(), st.sampled_from([None, *Level]), st.integers(0, 9))
def test_more_signs_never_make_it_harmless(words: str, alarm: str | None, here: int) -> None:
    rank = list(Level).index
    alone = rank(suggested_level(Seen(words)).level)
    general = rank(Level.GENERAL)
    assert rank(suggested_level(Seen(words, alarm, here)).level) <= max(alone, general)


@pytest.mark.parametrize("state", ReportState)
@pytest.mark.parametrize("rectification", RECTIFYING)
def test_what_stands_open_has_no_end_yet(state: ReportState, rectification: str | None) -> None:
    ended = outcome(state, rectification) in {Outcome.REFUSED, Outcome.REMOVED}
    if state != ReportState.MERGED:
        assert stands_open(state, rectification) is not ended
    else:
        assert not stands_open(state, rectification)


def test_only_what_waits_is_decided_on_and_only_what_is_accepted_is_rectified_once() -> None:
    check_waiting(ReportState.WAITING)
    for state in set(ReportState) - {ReportState.WAITING}:
        with pytest.raises(Conflict):
            check_waiting(state)
    check_rectifiable(ReportState.ACCEPTED, None)
    check_rectifiable(ReportState.ACCEPTED, RectificationState.CANCELLED)
    for state, rectification in [
        (ReportState.WAITING, None),
        (ReportState.REFUSED, None),
        (ReportState.ACCEPTED, RectificationState.OPEN),
        (ReportState.ACCEPTED, RectificationState.VERIFIED),
    ]:
        with pytest.raises(Conflict):
            check_rectifiable(state, rectification)


def test_every_field_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        check(ReportDraft(factor="ghost", level="huge"), placed=False)
    assert set(refused.value.fields) == {"factor", "level", "photos", "place"}
    check(ReportDraft(details="x"), placed=True)


@given(st.text(max_size=200))
def test_a_headline_is_one_short_line(details: str) -> None:
    line = headline("", details)
    assert len(line) <= HEADLINE and "\n" not in line


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm", "webm"),
        (b"OggS\x00\x02", "ogg"),
        (b"\x00\x00\x00\x1cftypiso5", "mp4"),
        (b"\x1aE\xdf\xa3\x9fB\x82\x88matroska", None),
        (b"\x00\x00\x00\x20ftypheic", None),
        (b"<script>alert(1)</script>", None),
        (b"RIFF....WAVE", None),
        (b"", None),
    ],
)
def test_a_voice_note_is_known_by_its_first_bytes(data: bytes, kind: str | None) -> None:
    assert sniff(data) == kind
