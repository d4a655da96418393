"""Which instructions a phone needs, by what its browser says of itself. Pure."""

import enum


class Device(enum.StrEnum):
    """Systems whose way to trust an authority differs."""

    ANDROID = "android"
    IOS = "ios"
    HARMONY = "harmony"
    WINDOWS = "windows"
    OTHER = "other"


_SIGNS = (
    (Device.HARMONY, ("openharmony", "harmonyos", "hmscore", "huaweibrowser")),
    (Device.IOS, ("iphone", "ipad", "ipod")),
    (Device.ANDROID, ("android",)),
    (Device.WINDOWS, ("windows nt",)),
)
"""In this order: 鸿蒙's browsers also say Android."""


def device_of(user_agent: str) -> Device:
    """The system that ``user_agent`` tells of."""
    said = user_agent.lower()
    return next((device for device, signs in _SIGNS if any(sign in said for sign in signs)), Device.OTHER)
