"""The API keys of callers, and whose they are. Knows no HTTP, no budgets, no environment.

What is kept in memory are digests, never keys.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import compress, repeat
from pathlib import Path

from gateway.errors import ConfigError, Unauthorized

log = logging.getLogger("coterie.keys")
PUBLIC = "public"
SHORTEST = 8
HINT = "send it as `Authorization: Bearer KEY`"


@dataclass(frozen=True, slots=True)
class Keys:
    """Tenants and, at the same place, the SHA-256 of their keys. Without any, everyone is `public`."""

    tenants: tuple[str, ...] = ()
    digests: tuple[bytes, ...] = field(default=(), repr=False)
    admin: bytes | None = field(default=None, repr=False)

    def tenant_of(self, authorization: str | None, api_key: str | None = None) -> str:
        """Whose key this is: that of `Authorization: Bearer KEY`, else a bare `x-api-key`. Unauthorized: nobody's."""
        if not self.digests:
            return PUBLIC
        given = _digest(_presented(authorization, api_key))
        # Every digest is compared, also after a match, so that the time taken says nothing about which keys exist.
        found = list(compress(self.tenants, map(hmac.compare_digest, self.digests, repeat(given))))
        if not found:
            raise Unauthorized(f"this API key is not known here; {HINT}")
        return found[0]

    def is_admin(self, authorization: str | None, api_key: str | None = None) -> bool:
        """The caller holds the admin key. False for everyone where there is none."""
        if self.admin is None:
            return False
        try:
            given = _digest(_presented(authorization, api_key))
        except Unauthorized:
            return False
        return hmac.compare_digest(self.admin, given)


def load_keys(value: str | None = None, file: Path | None = None, admin_key: str | None = None) -> Keys:
    """Keys of COTERIE_API_KEYS (`value`) and of a file together. ConfigError names the place, never the key."""
    known: dict[bytes, str] = {}
    for place, entry in (*_in_value(value or ""), *_in_file(file)):
        tenant, digest = _parse(place, entry)
        if digest in known:
            raise ConfigError(f"{place}: this key stands there twice")
        known[digest] = tenant
    admin = None if admin_key is None else _checked("COTERIE_ADMIN_KEY", admin_key.strip())
    if admin in known:
        raise ConfigError("COTERIE_ADMIN_KEY: this key is also a caller's")
    return Keys(tuple(known.values()), tuple(known), admin)


def _in_value(value: str) -> Iterator[tuple[str, str]]:
    entries = [entry.strip() for entry in value.replace("\n", ",").split(",")]
    for number, entry in enumerate((entry for entry in entries if entry), start=1):
        yield f"COTERIE_API_KEYS: entry {number}", entry


def _in_file(file: Path | None) -> Iterator[tuple[str, str]]:
    if file is None:
        return
    for number, line in enumerate(_read(file).splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield f"{file}:{number}", line.strip()


def _read(file: Path) -> str:
    try:
        mode, text = file.stat().st_mode, file.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file}: the key file cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: the key file is not UTF-8 text") from None
    if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        log.warning("%s holds API keys and others than its owner may use it: chmod 600 %s", file, file)
    return text


def _parse(place: str, entry: str) -> tuple[str, bytes]:
    """`tenant:key`, where the first colon counts, or a bare `key`."""
    tenant, colon, key = entry.partition(":") if ":" in entry else ("", "", entry)
    digest = _checked(place, key.strip())
    if colon and not tenant.strip():
        raise ConfigError(f"{place}: no tenant before the colon")
    return tenant.strip() or f"key-{digest.hex()[:8]}", digest


def _checked(place: str, key: str) -> bytes:
    if len(key) < SHORTEST:
        raise ConfigError(f"{place}: the key is shorter than {SHORTEST} characters")
    if not all("!" <= letter <= "~" for letter in key):
        raise ConfigError(f"{place}: the key has spaces or characters that no HTTP header takes")
    return _digest(key)


def _presented(authorization: str | None, api_key: str | None) -> str:
    scheme, _, key = (authorization or "").strip().partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    if api_key and api_key.strip():
        return api_key.strip()
    raise Unauthorized(f"an API key is needed; {HINT}")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
