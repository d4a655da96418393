"""The person on whose behalf a request, socket or command works."""

from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from backend.identity.capabilities import CAPABILITIES
from backend.identity.models import Role
from backend.identity.modules import module_of


@dataclass(frozen=True)
class Actor:
    """Who asks: identity, place in the plant, and how pages are shown to them."""

    person_id: int
    site_id: int
    role: Role
    name: str
    name_en: str = ""
    account: str = ""
    team_id: int | None = None
    post_ids: frozenset[int] = field(default_factory=frozenset)
    locale: str = "zh_CN"
    theme: str = "auto"
    site_code: str = ""
    site_name: str = ""
    site_name_en: str = ""
    time_zone: str = "Asia/Shanghai"
    session_id: int = 0
    csrf_token: str = ""
    must_change_password: bool = False
    address: str = ""
    request_id: str = ""
    modules_off: frozenset[str] = frozenset()
    """Modules that the site does without."""

    def can(self, capability: str) -> bool:
        """Whether this role has ``capability`` (names in ``identity.capabilities``), and its module is on."""
        return self.role in CAPABILITIES[capability] and not self.does_without(capability)

    def does_without(self, capability: str) -> bool:
        """Whether the site has switched off the module of ``capability``."""
        return module_of(capability) in self.modules_off

    @cached_property
    def rights(self) -> "Actor":
        """The same with nothing but what decides who sees what: a key for what is made once a person."""
        return Actor(
            self.person_id,
            self.site_id,
            self.role,
            "",
            team_id=self.team_id,
            post_ids=self.post_ids,
            modules_off=self.modules_off,
        )

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.time_zone)
