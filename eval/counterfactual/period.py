"""`--since` and `--until`: a date, a time, or so long ago. Knows no record."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from gateway.errors import ConfigError

AGO = re.compile(r"(\d{1,6})([mhdw])")
SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def moment(given: str, option: str, now: float) -> float:
    """UTC seconds; ConfigError in one line for what is no time. A time without a zone is UTC."""
    if ago := AGO.fullmatch(given.strip()):
        return now - int(ago[1]) * SECONDS[ago[2]]
    try:
        at = datetime.fromisoformat(given.strip())
    except ValueError:
        raise ConfigError(f"{option} {given}: must be 2026-05-01, 2026-05-01T12:00 (UTC), or so long ago: 7d") from None
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()


def period(since: str | None, until: str | None, now: float) -> tuple[float, float]:
    """From and before which time; ConfigError where that is no time or nothing lies between."""
    begin = 0.0 if since is None else moment(since, "--since", now)
    end = now if until is None else moment(until, "--until", now)
    if begin >= end:
        raise ConfigError(f"--since {since or 'the beginning'} is not before --until {until or 'now'}")
    return begin, end
