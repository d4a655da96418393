"""What an answer of the 5-why can cite: duties not done, lines of the log, signs of the incident."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.i18n import translate
from backend.identity.actor import Actor
from backend.incidents.models import Deed
from backend.incidents.queries.story import Story, story
from backend.incidents.review.models import LapseKind
from backend.incidents.review.queries import Duties, duties
from backend.incidents.review.wording import LAPSES
from backend.incidents.wording import DEEDS

LAPSE, LINE, SIGN = "lapse", "line", "sign"
MOST_WORDS = 60
_NO_EVIDENCE = (Deed.OPENED, Deed.LED, Deed.CLOSED, Deed.JOINED)


@dataclass(frozen=True)
class Evidence:
    """Something to cite: what it is called in both languages, and where it is shown."""

    key: str
    title: str
    title_en: str
    url: str


async def evidence_of(session: AsyncSession, actor: Actor, incident_id: int) -> Mapping[str, Evidence]:
    """By key, signs first, then duties as far as the actor may see them, then the log in time. Raises NotFound."""
    told = await story(session, actor, incident_id)
    listed = [*_signs(told), *_lapses(await duties(session, actor, incident_id)), *_lines(told)]
    return {one.key: one for one in listed}


def _signs(told: Story) -> list[Evidence]:
    return [
        Evidence(f"{SIGN}:{sign.url.strip('/').replace('/', ':')}", sign.title, sign.title_en or sign.title, sign.url)
        for sign in told.signs
    ]


def _lapses(found: Duties) -> list[Evidence]:
    """Without whose they are: the meeting seeks causes, not the guilty."""
    seen: dict[tuple[str, int], Evidence] = {}
    for view in found.views:
        one = view.lapse
        words = LAPSES[LapseKind(one.kind)]
        title = f"{words}：{one.title}" if one.title else words
        english = f"{translate('en', words)}: {one.title_en or one.title}"
        url = f"/incidents/{one.incident_id}/duties"
        seen.setdefault((one.kind, one.row_id), Evidence(f"{LAPSE}:{one.id}", title, english, url))
    return list(seen.values())


def _lines(told: Story) -> list[Evidence]:
    found = []
    for one in reversed(told.lines):
        line = one.line
        if line.kind in _NO_EVIDENCE:
            continue
        words = DEEDS[Deed(line.kind)]
        said = line.words[:MOST_WORDS].replace("\n", " ")
        title, english = (f"{words}：{said}", f"{translate('en', words)}: {said}") if said else (words, "")
        url = f"/incidents/{line.incident_id}#incident-log"
        found.append(Evidence(f"{LINE}:{line.id}", title, english or translate("en", words), url))
    return found
