"""Which role may do what, in one table. Pure."""

from backend.identity.models import Role

_ALL = frozenset(Role)
_LEADING = frozenset({Role.LEADER, Role.MANAGER, Role.SAFETY_OFFICER, Role.ADMIN})
_GOVERNING = frozenset({Role.MANAGER, Role.SAFETY_OFFICER, Role.ADMIN})
_CONFIGURING = frozenset({Role.SAFETY_OFFICER, Role.ADMIN})

CAPABILITIES: dict[str, frozenset[Role]] = {
    "alarms.see": _ALL,
    "alarms.acknowledge": _LEADING,
    "alarms.shelve": _LEADING,
    "alarms.judge": _LEADING,
    "alarms.close": _LEADING,
    "alarms.out_of_service": _CONFIGURING,
    "rules.see": _LEADING,
    "rules.edit": _CONFIGURING,
    "plant.see": _ALL,
    "plant.edit": _CONFIGURING,
    "telemetry.rejections": _LEADING,
    "telemetry.adopt": _CONFIGURING,
    "reports.send": _ALL,
    "reports.triage": _LEADING,
    "reports.open_to_public": frozenset({Role.ADMIN}),
    "rectifications.see": _ALL,
    "rectifications.open": _LEADING,
    "rectifications.verify": _LEADING,
    "rectifications.policy": _CONFIGURING,
    "traces.see": _ALL,
    "traces.confirm": _LEADING,
    "traces.ask": _LEADING,
    "traces.answer": _ALL,
    "library.see": _LEADING,
    "library.edit": _CONFIGURING,
    "normals.see": _LEADING,
    "normals.edit": _CONFIGURING,
    "trace_models.see": _GOVERNING,
    "trace_models.edit": _CONFIGURING,
    "incidents.see": _ALL,
    "incidents.report": _ALL,
    "incidents.lead": _LEADING,
    "incidents.policy": _CONFIGURING,
    "incidents.plan": _CONFIGURING,
    "lessons.see": _LEADING,
    "lessons.decide": _GOVERNING,
    "maintenance.see": _ALL,
    "maintenance.do": _ALL,
    "maintenance.plan": _LEADING,
    "training.see": _ALL,
    "training.assign": _GOVERNING,
    "checkins.see": _ALL,
    "checkins.do": _ALL,
    "plans.see": _LEADING,
    "plans.edit": _GOVERNING,
    "modules.see": _GOVERNING,
    "modules.switch": frozenset({Role.ADMIN}),
    "people.see": _LEADING,
    "people.edit": frozenset({Role.ADMIN}),
    "audit.see": _GOVERNING,
    "operations.see": _LEADING,
    "operations.decide": _GOVERNING,
}
"""Capability → roles. Every route names one (or ``public``), and the authorization test walks them all."""
