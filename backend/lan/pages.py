"""``/trust``: how a phone comes to trust this installation, and the authority's certificate to take along.

Without sign-in: who can't sign in safely yet must read it. Served by the door over http, and by the web role itself.
"""

import re
from urllib.parse import urlsplit

from fastapi import Request, Response

from backend.core.errors import N_, NotFound
from backend.core.i18n import translate
from backend.core.pages import locale_of, render
from backend.core.routing import APIRouter
from backend.core.security import CONTENT_SECURITY_POLICY
from backend.core.settings import settings
from backend.identity.web import public
from backend.lan.authority import Authority, Certificate
from backend.lan.devices import Device, device_of
from backend.lan.profile import mobileconfig
from backend.lan.serving import tls_folder

router = APIRouter(prefix="/trust")

_HOST = re.compile(r"[A-Za-z0-9.:-]+")
"""What may go into a header: names, IPv4 and IPv6 addresses."""
_TITLE = N_("安溯厂区证书")
_WHAT_FOR = N_("让这台手机信任厂区内的安溯服务器")


@router.get("", dependencies=[public("a phone must learn how to trust us before it can sign in")])
async def trust(request: Request) -> Response:
    """The steps for the asking device, the fingerprint to compare, the check."""
    found = _certificate()
    secure = secure_url(request)
    response = render(
        request,
        "lan/trust.html",
        certificate=found,
        device=device_of(request.headers.get("user-agent", "")),
        devices=Device,
        secure_url=secure,
    )
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace(
        "connect-src 'self'", f"connect-src 'self' {secure}"
    )
    return response


@router.get("/ansu.crt", dependencies=[public("the authority's certificate is meant for everybody")])
async def certificate() -> Response:
    """The authority's certificate (DER) for Android, 鸿蒙 and Windows."""
    return Response(_certificate().der, media_type="application/x-x509-ca-cert", headers=_named("ansu.crt"))


@router.get("/ansu.mobileconfig", dependencies=[public("the authority's certificate is meant for everybody")])
async def profile(request: Request) -> Response:
    """The same as a configuration profile for iPhones."""
    found, locale = _certificate(), locale_of(request)
    content = mobileconfig(found.der, found.fingerprint, translate(locale, _TITLE), translate(locale, _WHAT_FOR))
    return Response(content, media_type="application/x-apple-aspen-config", headers=_named("ansu.mobileconfig"))


@router.get("/check", dependencies=[public("says only that it could be reached; asked by the trust page over https")])
async def check() -> Response:
    """What the trust page, which came by http, asks for by https: an answer means that the phone trusts us."""
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "no-store",
    }
    return Response(status_code=204, headers=headers)


def secure_url(request: Request) -> str:
    """Where the web role answers by https, by the address that this request came to, without a path."""
    asked = request.url.hostname or ""
    host = asked if _HOST.fullmatch(asked) else urlsplit(settings().public_url).hostname or "localhost"
    return f"https://{f'[{host}]' if ':' in host else host}:{settings().https_port}"


def _certificate() -> Certificate:
    authority = Authority(tls_folder(settings().data_dir))
    if not authority.exists:
        raise NotFound()
    return authority.certificate()


def _named(file: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{file}"'}
