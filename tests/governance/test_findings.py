"""What the doctor makes of figures: what is well, what only warns, what is wrong and says what to do."""

import dataclasses

import pytest

from backend.governance import findings
from backend.governance.findings import Verdict
from backend.governance.queries import SystemState

WELL = SystemState(
    sites=1,
    open_alarms=2,
    waiting_jobs=1,
    dead_jobs=0,
    oldest_job_s=0.5,
    untold_events=3,
    oldest_untold_s=0.2,
    late_escalations=0,
    last_reading_age_s=4.0,
    canary_age_s=6.0,
    database_up_s=3600.0,
    database_bytes=10_000_000,
    clock_s=0.0,
)


def verdicts(**changed: float | None) -> dict[str, Verdict]:
    """What isn't well in a state that is well but for ``changed``."""
    found = findings.of_state(dataclasses.replace(WELL, **changed))
    return {f.check: f.verdict for f in found if f.verdict is not Verdict.OK}


def test_a_line_that_works_is_well() -> None:
    assert verdicts() == {}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"canary_age_s": 36.0}, {"line": Verdict.BAD}),
        ({"canary_age_s": None}, {"line": Verdict.BAD}),
        ({"canary_age_s": None, "database_up_s": 20.0}, {"line": Verdict.WARNING}),
        ({"canary_age_s": 7200.0, "database_up_s": 20.0}, {"line": Verdict.WARNING}),
        ({"sites": 0, "canary_age_s": None}, {"line": Verdict.WARNING}),
        ({"last_reading_age_s": 900.0}, {"readings": Verdict.WARNING}),
        ({"last_reading_age_s": None}, {"readings": Verdict.WARNING}),
        ({"dead_jobs": 1}, {"jobs": Verdict.BAD}),
        ({"oldest_job_s": 61.0}, {"jobs": Verdict.BAD}),
        ({"oldest_untold_s": 31.0}, {"events": Verdict.BAD}),
        ({"late_escalations": 1}, {"escalation": Verdict.BAD}),
    ],
)
def test_each_figure_has_its_own_limit(changed: dict[str, float | None], expected: dict[str, Verdict]) -> None:
    assert verdicts(**changed) == expected


@pytest.mark.parametrize(
    ("offset_s", "verdict"),
    [(0.2, Verdict.OK), (-2.0, Verdict.WARNING), (7.0, Verdict.BAD), (-7.0, Verdict.BAD)],
)
def test_a_clock_may_be_a_little_wrong_either_way(offset_s: float, verdict: Verdict) -> None:
    assert findings.of_clock(offset_s).verdict is verdict


@pytest.mark.parametrize(("free_mb", "verdict"), [(5_000, Verdict.OK), (1_999, Verdict.WARNING), (499, Verdict.BAD)])
def test_a_disk_warns_before_it_is_full(free_mb: int, verdict: Verdict) -> None:
    assert findings.of_disk("/data", free_mb).verdict is verdict


@pytest.mark.parametrize(
    ("depth", "verdict"),
    [(0, Verdict.OK), (1_000, Verdict.WARNING), (50_000, Verdict.BAD), (None, Verdict.WARNING)],
)
def test_a_broker_that_does_not_tell_its_queue_is_never_green(depth: int | None, verdict: Verdict) -> None:
    assert findings.of_queue(depth).verdict is verdict


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
def test_a_database_that_could_forget_is_named_with_its_setting(name: str) -> None:
    settings = dict.fromkeys(["fsync", "full_page_writes", "synchronous_commit"], "on") | {name: "off"}
    found = findings.of_durability(settings)
    assert (found.verdict, name in found.zh, name in found.en) == (Verdict.BAD, True, True)


def test_a_stricter_commit_is_as_durable() -> None:
    assert findings.of_durability({"synchronous_commit": "remote_apply"}).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("present", "newest", "verdict"),
    [
        ("0002", ["0002"], Verdict.OK),
        ("0001", ["0002"], Verdict.BAD),
        (None, ["0002"], Verdict.BAD),
        ("0002", ["0002", "0002b"], Verdict.BAD),
    ],
)
def test_only_the_one_newest_revision_is_well(present: str | None, newest: list[str], verdict: Verdict) -> None:
    assert findings.of_migrations(present, newest).verdict is verdict
