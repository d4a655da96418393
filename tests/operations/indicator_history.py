# ruff: noqa: E501 - statements as they are sent
"""A history of a small plant as a list of steps: what is recorded, corrected and comes late, each at its moment."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories import unique
from tests.incidents.scene import Scene

BEGINS = datetime(2026, 1, 3, 15, 30, tzinfo=UTC)
"""23:30 in Shanghai: half an hour before a day of the site ends."""
HOURS = st.integers(0, 24 * 150).map(lambda quarter_days: timedelta(hours=quarter_days))


@dataclass(frozen=True)
class Step:
    """``pause`` after the step before; ``what``: a statement of ``STATEMENTS``; ``back``: how long ago its row lies;
    ``pick``: which of the rows there are; ``roll``: whether the worker rolls up then."""

    pause: timedelta
    what: str
    back: timedelta
    pick: int
    roll: bool


_PICKED = "(SELECT id FROM {table} WHERE site_id = :site ORDER BY id OFFSET :pick % GREATEST((SELECT count(*) FROM {table} WHERE site_id = :site), 1) LIMIT 1)"


def _of(table: str, change: str) -> str:
    return f"UPDATE {table} SET {change} WHERE id = {_PICKED.format(table=table)}"


_PLACE = "CASE WHEN :pick % 3 = 0 THEN CAST(:pump AS bigint) WHEN :pick % 3 = 1 THEN :reactor END"
_LEVEL = "(ARRAY['major', 'significant', 'general', 'low'])[1 + :pick % 4]"

STATEMENTS = {
    "alarm": f"""INSERT INTO alarm(site_id, condition_key, rule_version, kind, limit_name, level, warning, latched, title,
        title_en, state, active, raised_at, last_raised_at, times_raised, shelved_reason, judgement, judgement_note,
        equipment_id, area_id, acknowledged_at, closed_at)
        SELECT :site, :word, 1, CASE WHEN :pick % 7 = 0 THEN 'system' ELSE 'threshold' END, '', {_LEVEL}, :pick % 2 = 0,
        false, '高', 'high', 'closed', false, :then, :then, 1, '', (ARRAY['', 'true', 'false'])[1 + :pick % 3], '',
        {_PLACE}, :area, CASE WHEN :pick % 4 > 0 THEN CAST(:then AS timestamptz) + :pick * interval '1 minute' END,
        CASE WHEN :pick % 5 > 0 THEN CAST(:then AS timestamptz) + :pick * interval '3 minutes' END""",
    "judge": _of("alarm", "judgement = (ARRAY['', 'true', 'false'])[1 + :pick % 3], judged_at = :at"),
    "close": _of("alarm", "closed_at = :at, acknowledged_at = COALESCE(acknowledged_at, :at)"),
    "move": _of("alarm", "raised_at = :then"),
    "drop": f"DELETE FROM alarm WHERE id = {_PICKED.format(table='alarm')} AND id NOT IN "
    "(SELECT source_id FROM incident_source WHERE kind = 'alarm')",
    "serviced": """INSERT INTO maintenance_record(site_id, equipment_id, summary, summary_en, done_on, recorded_at, note,
        sample) SELECT :site, :pump, '保养', '', CAST(:then AS timestamptz)::date, :at, '', false""",
    "open": f"""INSERT INTO rectification(site_id, created_at, number, level, title, cause, measure, owner_id, deadline,
        contingency, state, opened_by, recurrence, version, equipment_id, area_id)
        SELECT :site, :then, :word, {_LEVEL}, '漏', '', '修', CASE WHEN :pick % 2 = 0 THEN CAST(:worker AS bigint) ELSE :stranger END,
        CAST(:then AS timestamptz) + :pick * interval '5 hours', '', 'open', :worker, 0, 1, {_PLACE}, :area""",
    "extend": _of("rectification", "original_deadline = COALESCE(original_deadline, deadline), deadline = :at"),
    "verify": _of("rectification", "state = 'verified', verified_at = :then"),
    "reopen": _of("rectification", "state = 'returned', verified_at = NULL"),
    "recur": f"""INSERT INTO rectification(site_id, created_at, number, level, title, cause, measure, owner_id, deadline,
        contingency, state, opened_by, recurrence, version, recurs_id) SELECT :site, :then, :word, 'general', '漏', '',
        '修', :worker, :at, '', 'open', :worker, 1, 1, {_PICKED.format(table="rectification")}""",
    "policy": """INSERT INTO rectification_policy(site_id, recurrence_days, managers_after_days)
        VALUES (:site, 1 + :pick, '{}') ON CONFLICT (site_id) DO UPDATE SET recurrence_days = EXCLUDED.recurrence_days""",
    "visit": """INSERT INTO inspection_visit(site_id, plan_id, stop_id, post_id, opens_at, closes_at, state)
        SELECT :site, :plan, :stop, :post, :then, CAST(:then AS timestamptz) + :pick * interval '1 hour', 'due'
        ON CONFLICT DO NOTHING""",
    "look": _of("inspection_visit", "state = (ARRAY['done', 'missed', 'made_up', 'due'])[1 + :pick % 4]"),
    "incident": f"""INSERT INTO incident(site_id, number, state, kind, phase, phase_basis, level, title, title_en, began_at,
        opened_at, policy_version, last_source_at, losses, version, equipment_id, area_id)
        SELECT :site, :word, 'open', 'near_miss', 'running', '{{}}', 'general', '漏', 'leak', :then,
        CAST(:then AS timestamptz) + interval '2 days', 0, :at, '', 1, {_PLACE}, :area""",
    "sourced": f"""INSERT INTO incident_source(site_id, incident_id, kind, source_id, occurrence, at, added_at)
        SELECT :site, i, 'alarm', a, 1, :at, :at FROM (SELECT {_PICKED.format(table="incident")} AS i,
        {_PICKED.format(table="alarm")} AS a) b WHERE i IS NOT NULL AND a IS NOT NULL ON CONFLICT DO NOTHING""",
    "call_off": _of("incident", "state = 'called_off', closed_at = :at"),
    "report": f"""INSERT INTO hazard_report(site_id, created_at, number, title, details, factor, level, level_reason,
        level_sign, origin, reporter_id, public_key, voice_path, state, decision_note, equipment_id, area_id)
        SELECT :site, :then, :word, '漏', '', 'object', 'general', '', '', 'person',
        CASE WHEN :pick % 2 = 0 THEN CAST(:officer AS bigint) ELSE :worker END, '', '', 'accepted', '', {_PLACE}, :area""",
    "refuse": _of("hazard_report", "state = 'refused'"),
    "listed": f"""WITH p AS (INSERT INTO risk_point(site_id, created_at, code, name, name_en, kind, control, unit, keeper,
        level, origin, version, retired_why, sample, equipment_id, area_id) SELECT :site, :then, :word, '点', '', 'facility',
        'team', '', '', '', 'hand', 1, '', false, {_PLACE}, :area RETURNING id, site_id, created_at
        ), s AS (INSERT INTO hazard_source(site_id, created_at, risk_point_id, position, name, name_en, accidents, factor,
        consequence, consequence_en, basis, basis_en, inherent_level, residual_level) SELECT site_id, created_at, id, 0,
        '漏', '', '[]', '', '', '', '', '', '', '' FROM p RETURNING id, site_id, created_at
        ), g AS (INSERT INTO risk_grading(site_id, created_at, source_id, residual, method, level, why, bands)
        SELECT site_id, created_at, id, true, 'direct', 'major', '', '[]' FROM s WHERE :pick % 5 > 0)
        INSERT INTO control_measure(site_id, created_at, source_id, kind, words, words_en, check_item, position)
        SELECT site_id, created_at, id, 'technical', '挡', '', '', 0 FROM s WHERE :pick % 4 > 0""",
    "grade": f"""INSERT INTO risk_grading(site_id, created_at, source_id, residual, method, level, why, bands) SELECT :site,
        :then, s, true, 'direct', 'major', '', '[]' FROM (SELECT {_PICKED.format(table="hazard_source")} AS s) b
        WHERE s IS NOT NULL""",
    "hold": f"""INSERT INTO control_measure(site_id, created_at, source_id, kind, words, words_en, check_item, position)
        SELECT :site, :then, s, 'technical', '挡', '', '', 0 FROM (SELECT {_PICKED.format(table="hazard_source")} AS s) b
        WHERE s IS NOT NULL""",
    "retire": _of("risk_point", "retired_at = CASE WHEN retired_at IS NULL THEN CAST(:then AS timestamptz) END"),
    "drop_danger": _of("hazard_source", "dropped_at = :then"),
    "let_go": _of("control_measure", "dropped_at = CASE WHEN dropped_at IS NULL THEN CAST(:at AS timestamptz) END"),
    "put_elsewhere": _of("risk_point", "equipment_id = CASE WHEN :pick % 2 = 0 THEN CAST(:pump AS bigint) END"),
    "hand_over": "UPDATE equipment SET owner_post_id = :post WHERE id = :reactor",
    "joined": _of("person", "created_at = CAST(:then AS timestamptz) - interval '60 days'"),
    "left": _of(
        "person", "active = :pick % 3 = 0, left_at = CASE WHEN :pick % 3 > 0 THEN CAST(:then AS timestamptz) END"
    ),
    "seen": f"""INSERT INTO person_day(site_id, person_id, day, first_at, last_at)
        SELECT :site, {_PICKED.format(table="person")}, (CAST(:then AS timestamptz) AT TIME ZONE 'Asia/Shanghai')::date,
        :then, :at ON CONFLICT DO NOTHING""",
    "forgotten": "DELETE FROM person_day WHERE site_id = :site AND day < CAST(:then AS timestamptz)::date",
    "away": f"""INSERT INTO duty_absence(site_id, created_at, person_id, from_on, to_on, reason, made_by)
        SELECT :site, :at, {_PICKED.format(table="person")}, CAST(:then AS timestamptz)::date,
        CAST(:then AS timestamptz)::date + CAST(:pick AS int) % 9, '', :worker""",
    "back_again": _of("duty_absence", "removed_at = :at"),
    "fed": """INSERT INTO feedback(site_id, created_at, number, kind, words, page, device, version, locale, role, state,
        person_id, first_due_at) SELECT :site, :then, :word, 'idea', '慢', '', '', '', '', 'worker', 'received', :worker,
        CASE WHEN :pick % 4 > 0 THEN CAST(:then AS timestamptz) + :pick * interval '3 hours' END""",
    "answered": _of("feedback", "answered_at = :then, state = 'answered'"),
    "checked_in": """INSERT INTO check_in(site_id, created_at, equipment_id, person_id, at, late, proof, away, failed, note)
        SELECT :site, :at, :pump, CASE WHEN :pick % 2 = 0 THEN CAST(:worker AS bigint) ELSE :stranger END, :then, false,
        'label', false, 0, ''""",
    "stepped": f"""INSERT INTO rectification_entry(site_id, created_at, rectification_id, kind, person_id, note) SELECT :site,
        :then, r, 'progress', :worker, '' FROM (SELECT {_PICKED.format(table="rectification")} AS r) b
        WHERE r IS NOT NULL""",
    "take_out": f"""INSERT INTO exclusion(site_id, created_at, kind, record_id, case_id, made_by)
        SELECT :site, :at, k.kind, k.id, 1 + :pick % 2, :worker FROM (SELECT ARRAY[{_PICKED.format(table="alarm")},
        {_PICKED.format(table="rectification")}, {_PICKED.format(table="inspection_visit")},
        {_PICKED.format(table="hazard_report")}, {_PICKED.format(table="check_in")}] AS ids) found
        CROSS JOIN LATERAL (SELECT (ARRAY['alarm', 'rectification', 'visit', 'report', 'checkin'])[1 + :pick % 5] AS kind,
        ids[1 + :pick % 5] AS id) k WHERE k.id IS NOT NULL ON CONFLICT DO NOTHING""",
    "take_out_all": """INSERT INTO exclusion(site_id, created_at, kind, record_id, case_id, made_by)
        SELECT :site, CAST(:at AS timestamptz), 'alarm', id, 3, CAST(:worker AS bigint) FROM alarm WHERE site_id = :site AND id % 2 = 0
        UNION ALL SELECT :site, CAST(:at AS timestamptz), 'report', id, 3, CAST(:worker AS bigint) FROM hazard_report WHERE site_id = :site AND id % 2 = 0
        ON CONFLICT DO NOTHING""",
    "counts_again": f"""{_of("exclusion", "lifted_at = :at")} AND lifted_at IS NULL""",
    "all_count_again": "UPDATE exclusion SET lifted_at = :at WHERE site_id = :site AND lifted_at IS NULL",
    "another_team": "UPDATE person SET team_id = :team WHERE id = :stranger",
}


def histories() -> st.SearchStrategy[list[Step]]:
    """Up to forty steps over months."""
    step = st.builds(
        Step,
        pause=st.sampled_from([0, 1, 7, 30, 75, 500]).map(lambda hours: timedelta(hours=hours)),
        what=st.sampled_from(sorted(STATEMENTS)),
        back=st.sampled_from([0, 1, 26, 100, 24 * 40, 24 * 91]).map(lambda hours: timedelta(hours=hours)),
        pick=st.integers(0, 40),
        roll=st.booleans(),
    )
    return st.lists(step, min_size=8, max_size=40)


async def take(session: AsyncSession, scene: Scene, ids: dict[str, int], step: Step, at: datetime) -> None:
    """What ``step`` records at ``at``."""
    statement = text(STATEMENTS[step.what])
    values: dict[str, Any] = {
        "site": scene.site.id,
        "at": at,
        "then": at - step.back,
        "pick": step.pick,
        "word": unique("h"),
        "pump": scene.pump.id,
        "reactor": scene.reactor.id,
        "area": scene.area.id,
        **{name: scene.people[name].person_id for name in ("worker", "stranger", "officer")},
        **ids,
    }
    await session.execute(statement, {name: values[name] for name in statement.compile().params})
