"""What one incident teaches, on phones: its review suggests, an officer adopts, a worker has it, its effect shows."""

import pytest

from backend.core.database import Database
from tests.browser import learning
from tests.browser.phone import Phones
from tests.embedded.running import Up


@pytest.mark.timeout(240)
async def test_a_review_s_suggestions_come_back_as_work_and_their_effect_is_seen(plant: Up, phones: Phones) -> None:
    database = Database(plant.database_url)
    place = await learning.place_of_its_own(database)
    officer, worker = await phones(learning.OFFICER), await phones(place.worker.account)
    incident_id = await learning.incident_that_ended(database, place)

    item_id = await learning.adopts_check_item(officer, incident_id)
    await learning.adopts_course(officer, incident_id)
    item = await learning.suggestion(database, item_id)
    assert item.decided_at is not None and "密封" in item.words
    await learning.sees_the_item_in_the_next_checklist(worker, item.words)
    await learning.sees_the_training_among_the_tasks(worker, place.course)

    leader = await phones("leader1")
    await learning.sees_that_it_is_too_early(leader, item_id)
    async with learning.history(database, place.site_id, place.pump.id, item.decided_at):
        await learning.measured_later(database, place.site_id, 31)
        await learning.sees_that_it_worked(leader, item_id)
    await database.close()
    assert officer.complaints == [] and worker.complaints == [] and leader.complaints == []
