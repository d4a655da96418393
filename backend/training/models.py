"""Table of training records, read by tracing as evidence."""

from datetime import date

from sqlalchemy import Index

from backend.core.tables import SiteScoped, identity_key, reference


class TrainingRecord(SiteScoped, table=True):
    """A person passed a course; ``valid_until`` None means for good."""

    __tablename__ = "training_record"
    __table_args__ = (Index("training_record_person", "site_id", "person_id"),)

    id: int = identity_key()
    person_id: int = reference("person.id")
    course: str
    course_en: str = ""
    passed_on: date
    valid_until: date | None = None
    sample: bool = False
