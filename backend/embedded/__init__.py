"""PostgreSQL, Valkey and an MQTT broker from Python wheels, in one data folder: ``ansu up`` and the tests use them."""

from backend.embedded.addresses import Addresses, running_addresses
from backend.embedded.folder import DataFolder
from backend.embedded.refusals import Refusal
from backend.embedded.servers import EmbeddedServers

__all__ = ["Addresses", "DataFolder", "EmbeddedServers", "Refusal", "running_addresses"]
