"""The outermost wall of the web role: headers on every answer, same-origin changes only, bounded bodies."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.core.settings import settings

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(self)",
    "X-Frame-Options": "DENY",
    "Cache-Control": "private, no-cache",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_FORM_BYTES = 1024 * 1024
MAX_MULTIPART_FILES = 9


def same_origin(headers: Headers) -> bool:
    """Whether a change or a socket comes from our own pages (Origin, else Sec-Fetch-Site).

    Clients that are no browser send neither; they carry no cookies of anybody's browser.
    """
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}
    allowed = {settings().public_url, *settings().allowed_origins.split(",")}
    hosts = {urlsplit(url.strip()).netloc for url in allowed if url.strip()}
    return urlsplit(origin).netloc in hosts | {headers.get("host", "")}


def wants_hsts() -> bool:
    """Whether browsers are told to come by https for ever: not under a private authority unless asked."""
    own = settings()
    return own.public_url.startswith("https://") and not own.tls_certificate if own.hsts is None else own.hsts


def most_bytes(kind: str) -> int:
    """How long a body of content type ``kind`` may be."""
    if kind.startswith("multipart/form-data"):
        return settings().max_upload_bytes * MAX_MULTIPART_FILES + MAX_FORM_BYTES
    return MAX_FORM_BYTES


class Wall:
    """ASGI middleware around everything: see the module."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["method"] not in _SAFE and not same_origin(headers):
            await self._refuse(scope, receive, send, 403, "请从本系统页面操作 / Please use AnSu's own pages")
            return
        limit = most_bytes(headers.get("content-type", ""))
        if int(headers.get("content-length") or 0) > limit:
            await self._refuse(scope, receive, send, 413, "内容过大，请压缩后重试 / Too large, please send less")
            return
        await self.app(scope, bounded(receive, limit), _with_headers(send))

    @staticmethod
    async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, words: str) -> None:
        await PlainTextResponse(words, status)(scope, receive, _with_headers(send))


def bounded(receive: Receive, limit: int) -> Receive:
    """``receive`` that breaks off when a body without a true Content-Length grows past ``limit``."""
    seen = 0

    async def take() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                return {"type": "http.disconnect"}
        return message

    return take


def _with_headers(send: Send) -> Send:
    async def give(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if wants_hsts():
                headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        await send(message)

    return give
