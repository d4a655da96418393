"""That a record doesn't count stands on its own page, with who decided it and when, until it is taken back."""

import re
from datetime import timedelta

from fastapi import FastAPI

from backend.core.clock import now
from backend.core.database import Database
from backend.exclusions.models import RecordKind
from backend.governance.cleaning.models import CleaningCase
from tests.factories import make_alarm
from tests.governance.cleaning.suspects import GOOD, LEAK, LEAK_AGAIN, STUCK, cases, counted, looked, rectified, sent
from tests.governance.cleaning.test_pages import person
from tests.incidents.scene import Scene
from tests.webclient import signed_in

MARK = re.compile(r'<p class="notice[^"]*" id="excluded".*?</p>', re.DOTALL)


def mark_of(page: str) -> str:
    """Words of the mark, "" where there is none."""
    found = MARK.search(page)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


async def _stuck_alarm(database: Database, scene: Scene) -> tuple[CleaningCase, int, int]:
    """A case of values that stood still; the alarm that they raised, and one that other values raised."""
    since = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=4)
    await sent(database, scene, since, [(4.2, STUCK)] * 60 + [(4.0, GOOD)] * 60)
    ids = []
    async with database.session() as session:
        for minutes in (30, 90):
            at = since + timedelta(minutes=minutes)
            said = {"raised_at": at, "reading_at": at, "closed_at": now(), "state": "closed", "active": False}
            ids.append((await make_alarm(session, scene.site, scene.points["pressure"], **said)).id)
    await counted(database, scene)
    await looked(database, scene)
    (case,) = await cases(database, scene)
    return case, *ids


async def _walked(app: FastAPI, database: Database, scene: Scene, case: CleaningCase, here: str, other: str) -> None:
    """Excluded, the page of the record says by whom and when, that of the other one nothing; taken back neither."""
    officer, worker = await person(database, scene.officer), await person(database, scene.leader)
    decision = f"/data-cleaning/{case.id}"
    async with signed_in(app, officer) as browser, signed_in(app, worker) as reader:
        assert mark_of((await reader.get(here)).text) == ""
        assert (await browser.post(f"{decision}/decide", data={"state": "excluded"})).status_code == 303
        page = (await browser.get(here)).text
        assert "已剔除" in mark_of(page) and officer.name in mark_of(page) and f'href="{decision}"' in page
        assert "刚刚" in mark_of(page), "when"
        assert "已剔除" in mark_of((await reader.get(here)).text), "also to who doesn't govern data"
        assert mark_of((await browser.get(other)).text) == ""
        assert (await browser.post(f"{decision}/undo")).status_code == 303
        assert mark_of((await browser.get(here)).text) == ""
        await browser.post(f"{decision}/decide", data={"state": "kept"})
        assert mark_of((await browser.get(here)).text) == "", "what is kept counts"


async def test_an_alarm_of_excluded_values_says_who_took_it_out_and_when(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    case, raised, other = await _stuck_alarm(database, scene)
    await _walked(app, database, scene, case, f"/alarms/{raised}", f"/alarms/{other}")


async def test_a_rectification_that_repeats_another_says_who_took_it_out_and_when(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    first = await rectified(database, scene, LEAK)
    again = await rectified(database, scene, LEAK_AGAIN)
    await looked(database, scene)
    (case,) = await cases(database, scene)
    assert case.subject == f"{RecordKind.RECTIFICATION}s"
    await _walked(app, database, scene, case, f"/rectifications/{again}", f"/rectifications/{first}")
