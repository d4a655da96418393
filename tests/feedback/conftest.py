"""A plant of its own for each test, on the database and application of ``tests.operations``."""

from tests.operations.conftest import app, database, scene

__all__ = ["app", "database", "scene"]
