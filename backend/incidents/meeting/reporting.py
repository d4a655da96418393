"""The closed meetings of an incident as a section of its report: page, PDF and document show the same."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core import phrases
from backend.core.errors import N_
from backend.hazards import wording as hazards
from backend.identity.actor import Actor
from backend.incidents.meeting import wording
from backend.incidents.meeting.lifecycle import NONE, OTHER
from backend.incidents.meeting.models import MeetingState, WhyChain
from backend.incidents.meeting.queries.evidence import LAPSE
from backend.incidents.meeting.queries.meetings import meetings_of
from backend.incidents.meeting.queries.views import Compared, Decided, Discussed, View, shown
from backend.incidents.queries.listing import card
from backend.incidents.review.blocks import Block, Facts, Listed, Reader, Said, Section, Table

KEY = "meeting"


async def tell_meetings(session: AsyncSession, actor: Actor, incident_id: int, reader: Reader) -> list[Section]:
    """A section a closed meeting; none while there is none. Its decisions stand as they stand now."""
    ended = [one for one in await meetings_of(session, actor, incident_id) if one.state == MeetingState.CLOSED]
    if not ended:
        return []
    of = await card(session, actor, incident_id)
    views = [await shown(session, actor, of, meeting) for meeting in ended]
    hides = not actor.can("incidents.lead")
    return [_section(view, reader, hides) for view in views]


def _section(view: View, reader: Reader, hides: bool) -> Section:
    title = reader.say(N_("复盘会")) if view.number == 1 else reader.say(N_("第 %(n)s 次复会"), n=view.number - 1)
    blocks: list[Block] = [Facts(_facts(view, reader))]
    if view.compared is not None:
        blocks += _chosen(view.compared, reader)
    if view.discussed is not None:
        blocks += _whys(view.discussed.whys, reader, hides)
        blocks += _decisions(view.discussed, reader)
        if view.discussed.minutes:
            blocks += [Said(reader.say(N_("纪要"))), Said(view.discussed.minutes, own=True)]
    return Section(KEY if view.number == 1 else f"{KEY}-{view.number}", title, blocks)


def _facts(view: View, reader: Reader) -> list[tuple[str, Said]]:
    came = [one.person for one in view.coming if one.present]
    missed = [one.person for one in view.coming if not one.present]
    pairs = [
        (reader.say(N_("时间")), Said(reader.at(view.at.isoformat()))),
        (reader.say(N_("地点")), Said(view.place, own=True)),
        (reader.say(N_("主持")), Said(_names([view.leader], reader))),
        (reader.say(N_("到会")), Said(_names(came, reader))),
        *([(reader.say(N_("缺席")), Said(_names(missed, reader)))] if missed else []),
    ]
    said = view.discussed
    if said is not None and said.cause:
        pairs += [
            (reader.say(N_("根源")), _cause(said, reader)),
            (reader.say(N_("理由")), Said(said.reason, own=True)),
        ]
    return pairs


def _cause(said: Discussed, reader: Reader) -> Said:
    if said.cause == NONE:
        return Said(reader.say(wording.INSTEAD[NONE]))
    title = reader.name({"zh": said.cause_title, "en": said.cause_title_en})
    return Said(title, own=said.cause == OTHER)


def _chosen(compared: Compared, reader: Reader) -> list[Block]:
    found = compared.comparison.agreement
    if not found.chosen:
        return [Said(reader.say(N_("没有人盲选")))]
    heads = [reader.say(one) for one in (N_("原因"), N_("几人选"), N_("系统排第几"))]
    rows = [
        [
            Said(_candidate(one.candidate, reader)),
            Said(str(one.count)),
            Said("—" if one.rank is None else f"{one.rank}（{phrases.number((one.probability or 0) * 100)}%）"),
        ]
        for one in compared.picked
        if one.count or one.rank == 1
    ]
    return [Said(agreement_sentence(compared, reader)), Table(heads, rows)]


def agreement_sentence(compared: Compared, reader: Reader) -> str:
    """How far people and system agree, in one sentence."""
    found = compared.comparison.agreement
    if found.most > 1:
        same = reader.say(N_("%(n)s 人选，其中 %(most)s 人选了同一个"), n=found.chosen, most=found.most)
    else:
        same = reader.say(
            N_("%(n)s 人选，没有两个人选同一个") if found.chosen > 1 else N_("%(n)s 人选"), n=found.chosen
        )
    if not compared.ranked:
        return same
    blind = reader.say(
        N_("没看过排序的 %(blind)s 人里，%(first)s 人选了系统排第一的"), blind=found.blind, first=found.with_first
    )
    return f"{same}{'；' if reader.locale == 'zh_CN' else '; '}{blind}"


def _candidate(one: Any, reader: Reader) -> str:
    if one.key in wording.INSTEAD:
        return reader.say(wording.INSTEAD[one.key])
    return reader.name({"zh": one.title, "en": one.title_en})


def _whys(chain: WhyChain | None, reader: Reader, hides: bool) -> list[Block]:
    if chain is None:
        return []
    items = []
    for line in chain.lines:
        asked = line["question"] or reader.say(N_("为什么？"))
        items.append(Said(f"{asked} → {line['answer']}{_cited(line['cite'], reader, hides)}", own=True))
    factor = reader.say(N_("根本原因属于：%(factor)s"), factor=reader.say(wording.FACTORS[chain.factor]))  # type: ignore[index]
    return [Said(reader.say(N_("5-Why"))), Listed(items, ordered=True), Said(factor)]


def _cited(cite: Any, reader: Reader, hides: bool) -> str:
    """Of a duty a worker reads only that it is one: whose it was is theirs."""
    if not cite:
        return ""
    hidden = hides and cite["key"].startswith(LAPSE)
    title = reader.say(wording.RECORD) if hidden else reader.name({"zh": cite["title"], "en": cite["title_en"]})
    return reader.say(N_("（依据：%(title)s）"), title=title)


def _decisions(said: Discussed, reader: Reader) -> list[Block]:
    if not said.decisions:
        return [Said(reader.say(N_("没有定下要做的事")))]
    heads = [reader.say(one) for one in (N_("决定"), N_("措施类别"), N_("责任人"), N_("期限"), N_("现在"))]
    return [Table(heads, [_decision(one, reader) for one in said.decisions])]


def _decision(one: Decided, reader: Reader) -> list[Said]:
    landed = one.rectification
    url = f"/rectifications/{landed.id}" if landed else ""
    return [
        Said(one.decision.words, own=True),
        Said(reader.say(wording.KINDS[one.decision.kind])),  # type: ignore[index]
        Said(_names([one.owner], reader)),
        Said(one.decision.due_on.isoformat()),
        Said(f"{landed.number} {standing(one, reader)}" if landed else standing(one, reader), url=url),
    ]


def standing(one: Decided, reader: Reader) -> str:
    """How far a decision is."""
    if one.rectification is None:
        return reader.say(N_("已下达整改"))
    words = reader.say(hazards.STATES[one.rectification.state])  # type: ignore[index]
    return f"{words} · {reader.say(N_('已逾期'))}" if one.overdue else words


def _names(people: Iterable[Any], reader: Reader) -> str:
    between = "、" if reader.locale == "zh_CN" else ", "
    return between.join(reader.name({"zh": one.name, "en": one.name_en}) for one in people)
