"""What device a sign-in came from, in words a person recognises. Pure."""

_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
_BROWSERS = (
    ("MicroMessenger", "微信 WeChat"),
    ("DingTalk", "钉钉 DingTalk"),
    ("Lark", "飞书 Lark"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def device_name(user_agent: str) -> str:
    """``Android · Chrome`` from a User-Agent header; its first word when nothing in it is known."""
    known = [next((name for mark, name in marks if mark in user_agent), "") for marks in (_SYSTEMS, _BROWSERS)]
    words = " · ".join(name for name in known if name)
    return words or user_agent.split("/", maxsplit=1)[0].split(" ", maxsplit=1)[0][:30]
