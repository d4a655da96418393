"""Settings of one AnSu process, read from ``ANSU_*`` environment variables.

Everything an operator may set stands here, once; docs/configuration.md describes it.
"""

from functools import lru_cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """Where the servers are, how the roles behave. Durations are seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(env_prefix="ANSU_", extra="ignore")

    data_dir: Path = PROJECT_ROOT / ".ansu"
    """Folder of everything that must survive: embedded servers' data, uploaded files, secrets."""

    system_state_dir: Path = Path("/var/lib/ansu")
    """Where PostgreSQL's data goes when root runs AnSu on a data folder that the user ``nobody`` can't reach."""

    database_url: str = ""
    """``postgresql://user:password@host:port/name``; empty means the embedded server of ``ansu up``."""
    redis_url: str = ""
    """``redis://:password@host:port/0``; empty means the embedded server."""
    mqtt_url: str = ""
    """``mqtt://user:password@host:1883`` (``mqtts://`` for TLS); empty means the embedded broker."""
    mqtt_protocol: str = Field(default="auto", pattern="^(auto|5|3.1.1)$")
    """MQTT version; ``auto`` tries 5 and falls back to 3.1.1 (the embedded broker's)."""
    mqtt_topics: str = "ansu/#"
    """Comma-separated topic filters of this ingest: its shard. Each topic must belong to exactly one ingest."""
    mqtt_client_id: str = "ansu-ingest"
    """Fixed client id of this ingest's persistent session; another for each shard."""

    host: str = "127.0.0.1"
    """Address the web role listens on; ``ansu up --lan`` uses 0.0.0.0."""
    port: int = 8470
    """Port of the web role; the embedded MQTT broker listens for gateways on ``mqtt_port``."""
    https_port: int = 8471
    """Port of the web role under ``ansu up --lan``, by https; ``port`` then shows how to trust it and leads there."""
    tls_certificate: str = ""
    """PEM file of the web role's certificate chain; empty means plain http. ``ansu up --lan`` sets its own."""
    tls_key: str = ""
    """PEM file of that certificate's private key."""
    hsts: bool | None = None
    """``Strict-Transport-Security``; None means: when public_url is https and the certificate isn't the web role's own,
    since a browser that must use https lets nobody past an authority that its phone doesn't trust yet."""
    mqtt_port: int = 1883
    """Port of the embedded MQTT broker."""
    mqtt_host: str = "127.0.0.1"
    """Address the embedded broker listens on; ``ansu up --lan`` uses 0.0.0.0."""
    mqtt_sync_always: bool = True
    """The embedded broker writes each message to the disk before it acknowledges it, so that a power cut loses none.

    Measured on an SSD with one publisher at QoS 1: 2,600 messages/s, without 9,700; a killed broker loses none either
    way.
    """
    mqtt_monitor_url: str = ""
    """Monitoring pages of the embedded broker (``http://127.0.0.1:port``), where its queue depth is read."""
    public_url: str = ""
    """Address phones open (QR, labels, Origin check); empty means it is derived from host and port."""
    allowed_origins: str = ""
    """Further comma-separated origins that may post forms and open sockets, e.g. behind a proxy."""
    secure_cookies: bool | None = None
    """``Secure`` and ``__Host-`` cookies; None means: exactly when public_url is https."""

    label_key: str = ""
    """Secret that signs the labels on equipment; empty means the one in the data folder, made at its first use."""
    vapid_key: str = ""
    """Private key of web push (base64url, RFC 8292); empty means the one in the data folder, made at its first use."""
    vapid_contact: str = "mailto:admin@ansu.example"
    """Whom a push service may write to (``mailto:…`` or ``https://…``)."""
    push_hosts: str = (
        "fcm.googleapis.com,*.push.apple.com,*.push.services.mozilla.com,*.notify.windows.com,*.push.hicloud.com"
    )
    """Push services that may be called, comma-separated; ``*.`` stands for any subdomain. Empty: no push at all."""

    channel_key: str = ""
    """Secret by which addresses and keys of channels are encrypted; empty means the one in the data folder, made at
    its first use."""
    channel_hosts: str = ""
    """Hosts that webhooks and mail servers of channels may have though they are this machine or its link,
    comma-separated."""
    wecom_url: str = "https://qyapi.weixin.qq.com"
    """Where robots of 企业微信 are called; for a gateway of the company's own."""
    dingtalk_url: str = "https://oapi.dingtalk.com"
    """The same of 钉钉."""
    feishu_url: str = "https://open.feishu.cn"
    """The same of 飞书."""
    lark_url: str = "https://open.larksuite.com"
    """The same of Lark."""

    demo: bool = True
    """Load the demo site when the database is new."""
    demo_password: str = "ansu-demo-2026"  # noqa: S105 - printed at start, for the demo's sample people only
    """Password of the demo accounts."""
    default_locale: str = Field(default="zh_CN", pattern="^(zh_CN|en)$")
    log_level: str = "INFO"
    log_json: bool = True

    trusted_proxies: str = "127.0.0.1"
    """Comma-separated addresses or networks of proxies whose X-Forwarded-For and -Proto are believed."""
    web_workers: int = 1
    """Processes of the web role."""
    max_upload_bytes: int = 10 * 1024 * 1024
    max_upload_pixels: int = 40_000_000
    max_media_bytes: int = 60 * 1024 * 1024
    """Largest video or PDF of a course."""
    session_days: int = 30
    keep_readings_days: int = Field(default=0, ge=0)
    """Days of readings kept in the database; older days are dropped whole. 0 keeps all."""
    keep_held_days: int = Field(default=30, ge=1)
    """Days for which refused messages are held whole, to be taken in once their cause is mended."""
    held_megabytes: int = Field(default=200, ge=1)
    """How much a site may hold of them; beyond it the oldest go, which the page of rejections says."""
    keep_positions_days: int = Field(default=30, ge=1)
    """Days after which the coarse position of a check-in is forgotten."""
    metrics_token: str = ""
    """Bearer token Prometheus must show for /metrics; empty means only loopback may read it."""
    worker_metrics_port: int = 0
    """Loopback port of the worker's Prometheus metrics; 0 means none."""
    ingest_metrics_port: int = 0
    """The same of the ingest."""


@lru_cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
