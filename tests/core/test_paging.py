"""A list that ends with a full page offers no further one."""

from hypothesis import given
from hypothesis import strategies as some

from backend.core.paging import cut


@given(some.integers(0, 60), some.integers(1, 12))
def test_pages_show_everything_once_and_the_last_offers_no_further_one(rows: int, most: int) -> None:
    everything = list(range(rows))
    pages: list[list[int]] = []
    place: int | None = 0
    while place is not None:
        page, last = cut(everything[place : place + most + 1], most)
        pages.append([*page])
        place = None if last is None else last + 1
    assert [row for page in pages for row in page] == everything
    assert len(pages) == max(1, -(-rows // most))
