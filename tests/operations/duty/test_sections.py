"""Long sections of the board of duty are read a few people at a time, each person once."""

from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from backend.operations.duty.comparing import Load, load
from backend.operations.duty.pages.board import PAGE, sections

FEW = 5


def brief(id_: int, exposure: int) -> Any:
    return SimpleNamespace(person=SimpleNamespace(id=id_), statement=SimpleNamespace(exposure=exposure))


def test_a_section_says_how_many_it_has_and_leads_to_those_not_shown() -> None:
    found = [brief(id_, 1) for id_ in range(1, PAGE + 3)] + [brief(99, 0)]
    few, none = sections(found, FEW)
    assert (few.load, few.total, len(few.people), few.following) == (Load.FEW, PAGE + 2, PAGE, PAGE)
    assert (none.load, none.total, none.following) == (Load.NONE, 1, None)
    [rest] = sections(found, FEW, Load.FEW, PAGE)
    assert [one.person.id for one in rest.people] == [PAGE + 1, PAGE + 2] and rest.following is None


def test_somebody_who_is_gone_from_the_section_begins_it_anew() -> None:
    [few] = sections([brief(1, 1), brief(2, 1)], FEW, Load.FEW, 77)
    assert [one.person.id for one in few.people] == [1, 2]


@given(st.lists(st.integers(0, 400), max_size=150))
def test_reading_on_meets_everybody_once_in_their_order(exposures: list[int]) -> None:
    found = [brief(id_, exposure) for id_, exposure in enumerate(exposures, 1)]
    met: list[int] = []
    for first in sections(found, FEW):
        section, seen = first, list(first.people)
        while section.following is not None:
            [section] = sections(found, FEW, first.load, section.following)
            seen += section.people
        assert [cast("Any", one).person.id for one in seen] == [
            one.person.id for one in found if load(one.statement.exposure, FEW) is first.load
        ]
        met += [one.person.id for one in seen]
    assert sorted(met) == [one.person.id for one in found]
