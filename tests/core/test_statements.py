"""What is written out into statements is the code's own."""

import pytest
from sqlmodel import col

from backend.alarms.models import Alarm, AlarmState
from backend.core.statements import one_of


def test_words_of_the_code_are_written_out() -> None:
    found = str(one_of(col(Alarm.state), (AlarmState.SHELVED, AlarmState.CLOSED)).compile())
    assert "IN ('closed', 'shelved')" in found


@pytest.mark.parametrize("typed", ["'; DROP TABLE alarm; --", "a'b", "a b", ""])
def test_what_people_type_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="own words"):
        one_of(col(Alarm.state), (AlarmState.CLOSED, typed))
