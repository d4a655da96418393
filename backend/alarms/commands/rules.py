"""What people do to rules: make, edit, switch off, take out of service. Each edit is a new version, audited.

Ingest hears ``NOTIFY ansu_rules`` when the edit commits, and looks by itself every two seconds.
"""

from dataclasses import asdict
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.commands.stepping import advance
from backend.alarms.drafts import RuleDraft, draft_of, levels_of
from backend.alarms.lifecycle import BringBack, Return, TakeOut
from backend.alarms.models import Alarm, AlarmRule, AlarmState, Level
from backend.alarms.parameters import limit_names
from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid, NotFound
from backend.core.events import record_event
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.queries.audit import Filter, audit_entries
from backend.identity.undoing import as_before
from backend.plant.models import Point

RULES_CHANNEL = "ansu_rules"


async def create_rule(session: AsyncSession, actor: Actor, draft: RuleDraft) -> AlarmRule:
    """A new rule, in force within seconds. Raises Invalid with a message a field."""
    require(actor, "rules.edit")
    checked = draft.checked()
    await _check_point(session, actor, checked.point_id)
    values = asdict(checked)
    values.pop("reason")
    rule = AlarmRule(site_id=actor.site_id, **values)
    session.add(rule)
    await session.flush()
    change = {name: [None, value] for name, value in values.items()}
    await record_change(session, actor, "rule.create", "alarm_rule", rule.id, change)
    await _announce(session, rule, "rule.created", actor)
    return rule


async def edit_rule(session: AsyncSession, actor: Actor, rule_id: int, draft: RuleDraft, *, version: int) -> AlarmRule:
    """Put ``draft`` in the place of version ``version``. Alarms of limits that are gone return.

    Raises Conflict when somebody edited meanwhile, Invalid with a message a field.
    """
    require(actor, "rules.edit")
    rule = await _locked(session, actor, rule_id)
    checked = draft.checked()
    if rule.version != version:
        raise Conflict(N_("规则已被他人修改，请刷新后再改"))
    await _check_point(session, actor, checked.point_id)
    before = draft_of(rule)
    _check_switching_off(before, checked)
    change = _difference(before, checked)
    if not change:
        return rule
    for name in change:
        setattr(rule, name, getattr(checked, name))
    if checked.reason:
        change["reason"] = ["", checked.reason]
    await _new_version(session, actor, rule, "rule.edit", change)
    await _return_orphans(session, actor, rule)
    return rule


async def restore_rule(session: AsyncSession, actor: Actor, rule_id: int, entry_id: int, *, reason: str) -> AlarmRule:
    """Put a rule back to how it stood before a change, as a further version.

    Raises NotFound for no such change, Invalid where what stood then can't be in force now (its point is gone).
    """
    require(actor, "rules.edit")
    rule = await _locked(session, actor, rule_id)
    page = await audit_entries(session, actor, Filter(object_type="alarm_rule", object_id=rule_id))
    if not any(entry.id == entry_id and entry.action != "rule.create" for entry in page.entries):
        raise NotFound()
    former = as_before(page.entries, entry_id, asdict(draft_of(rule)))
    return await edit_rule(session, actor, rule_id, RuleDraft(**{**former, "reason": reason}), version=rule.version)


async def take_out_of_service(session: AsyncSession, actor: Actor, rule_id: int, *, reason: str) -> AlarmRule:
    """Stop judging by the rule, e.g. for maintenance of its instrument; its open alarms say so."""
    require(actor, "alarms.out_of_service")
    rule = await _locked(session, actor, rule_id)
    if not reason.strip():
        raise Invalid(fields={"reason": N_("请填写退出服务的原因")})
    if rule.out_of_service_reason:
        raise Conflict(N_("规则已经退出服务"))
    rule.out_of_service_reason = reason.strip()
    await _new_version(
        session, actor, rule, "rule.out_of_service", {"out_of_service_reason": ["", rule.out_of_service_reason]}
    )
    for alarm in await _open_alarms(session, actor, rule):
        await advance(session, alarm, TakeOut(), "alarm.out_of_service", actor_id=actor.person_id, note=reason.strip())
    return rule


async def bring_back(session: AsyncSession, actor: Actor, rule_id: int) -> AlarmRule:
    """Judge by the rule again, afresh: a condition that still holds raises at once."""
    require(actor, "alarms.out_of_service")
    rule = await _locked(session, actor, rule_id)
    if not rule.out_of_service_reason:
        raise Conflict(N_("规则没有退出服务"))
    change = {"out_of_service_reason": [rule.out_of_service_reason, ""]}
    rule.out_of_service_reason = ""
    await _new_version(session, actor, rule, "rule.back_in_service", change)
    for alarm in await _open_alarms(session, actor, rule):
        if alarm.state == AlarmState.OUT_OF_SERVICE:
            await advance(session, alarm, BringBack(now()), "alarm.back_in_service", actor_id=actor.person_id)
    return rule


async def _locked(session: AsyncSession, actor: Actor, rule_id: int) -> AlarmRule:
    statement = select(AlarmRule).where(visible(actor, AlarmRule), col(AlarmRule.id) == rule_id).with_for_update()
    rule = (await session.execute(statement.execution_options(populate_existing=True))).scalar_one_or_none()
    if rule is None:
        raise NotFound()
    return rule


async def _check_point(session: AsyncSession, actor: Actor, point_id: int | None) -> None:
    if point_id is None:
        return
    statement = select(col(Point.id)).where(visible(actor, Point), col(Point.id) == point_id)
    if (await session.execute(statement)).scalar_one_or_none() is None:
        raise Invalid(fields={"point_id": N_("请选择测点")})


def _check_switching_off(before: RuleDraft, after: RuleDraft) -> None:
    guards_major = Level.MAJOR in levels_of(before.level, before.parameters)
    if before.enabled and not after.enabled and guards_major and not after.reason:
        raise Invalid(fields={"reason": N_("停用重大等级的规则须说明原因")})


def _difference(before: RuleDraft, after: RuleDraft) -> dict[str, list[Any]]:
    old, new = asdict(before), asdict(after)
    return {name: [old[name], new[name]] for name in old if name != "reason" and old[name] != new[name]}


async def _new_version(
    session: AsyncSession, actor: Actor, rule: AlarmRule, action: str, change: dict[str, Any]
) -> None:
    change = change | {"version": [rule.version, rule.version + 1]}
    rule.version += 1
    rule.updated_at = now()
    session.add(rule)
    await session.flush()
    await record_change(session, actor, action, "alarm_rule", rule.id, change)
    await _announce(session, rule, action.replace("rule.edit", "rule.edited"), actor)


async def _announce(session: AsyncSession, rule: AlarmRule, kind: str, actor: Actor) -> None:
    await session.execute(
        text("SELECT pg_notify(:channel, :site)"), {"channel": RULES_CHANNEL, "site": str(rule.site_id)}
    )
    await record_event(
        session,
        site_id=rule.site_id,
        kind=kind,
        subject="rule",
        subject_id=rule.id,
        actor_id=actor.person_id,
        data={
            "title_zh": f"规则已更改：{rule.name}",
            "title_en": f"Rule changed: {rule.name_en or rule.name}",
            "url": f"/rules/{rule.id}",
            "version": rule.version,
        },
    )


async def _open_alarms(session: AsyncSession, actor: Actor, rule: AlarmRule) -> list[Alarm]:
    statement = (
        select(Alarm)
        .where(visible(actor, Alarm), col(Alarm.rule_id) == rule.id, col(Alarm.state) != AlarmState.CLOSED)
        .order_by(col(Alarm.id))
        .with_for_update()
    )
    return list((await session.execute(statement)).scalars())


async def _return_orphans(session: AsyncSession, actor: Actor, rule: AlarmRule) -> None:
    """Alarms whose condition nobody judges any more have returned, as far as AnSu can know."""
    judged = limit_names(rule.kind, rule.parameters) if rule.enabled else frozenset()
    for alarm in await _open_alarms(session, actor, rule):
        if alarm.active and (alarm.limit_name not in judged or alarm.point_id != (rule.point_id or alarm.point_id)):
            await advance(
                session,
                alarm,
                Return(max(now(), alarm.last_raised_at)),
                "alarm.returned",
                actor_id=actor.person_id,
                cause="rule_changed",
            )
