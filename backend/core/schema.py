"""All tables in one metadata, for migrations."""

import importlib

from sqlmodel import SQLModel

_MODELS = (
    "backend.core.events",
    "backend.core.jobs",
    "backend.core.idempotency",
    "backend.identity.models",
    "backend.plant.models",
    "backend.labels.models",
    "backend.telemetry.models",
    "backend.telemetry.retake.models",
    "backend.telemetry.quality.models",
    "backend.exclusions.models",
    "backend.alarms.models",
    "backend.delivery.models",
    "backend.tracing.models",
    "backend.tracing.library.models",
    "backend.tracing.versions.models",
    "backend.tracing.normals.models",
    "backend.maintenance.models",
    "backend.hazards.models",
    "backend.hazards.reports.models",
    "backend.training.models",
    "backend.checkins.models",
    "backend.risks.models",
    "backend.feedback.models",
    "backend.incidents.models",
    "backend.incidents.response.models",
    "backend.incidents.tracking.models",
    "backend.incidents.positions.models",
    "backend.lessons.models",
    "backend.incidents.review.models",
    "backend.incidents.meeting.models",
    "backend.operations.indicators.models",
    "backend.operations.duty.models",
    "backend.operations.alarmload.models",
    "backend.operations.decisions.models",
    "backend.operations.reports.models",
    "backend.home.models",
    "backend.operations.adoption.models",
    "backend.governance.retention.models",
    "backend.governance.cleaning.models",
    "backend.channels.models",
)

for _module in _MODELS:
    importlib.import_module(_module)

metadata = SQLModel.metadata
