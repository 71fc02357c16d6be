"""Keys: whose they are, what a bad file says, and what is never shown."""

import hashlib
import logging
import time

import pytest

from gateway.errors import ConfigError, Unauthorized
from gateway.keys import Keys, load_keys

KEY = "sk-0123456789abcdef"


def key_file(tmp_path, text, mode=0o600):
    path = tmp_path / "keys"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_without_keys_everyone_is_public():
    assert load_keys().tenant_of(None) == "public"
    assert load_keys("", None).tenant_of("Bearer whatever") == "public"


def test_a_key_belongs_to_its_tenant():
    keys = load_keys(f"acme:{KEY}, umbrella:another-key-1\nlast-bare-key")
    assert keys.tenant_of(f"Bearer {KEY}") == "acme"
    assert keys.tenant_of("bearer   another-key-1 ") == "umbrella"
    assert keys.tenant_of("Bearer last-bare-key") == "key-" + hashlib.sha256(b"last-bare-key").hexdigest()[:8]


def test_a_raw_key_is_taken_too():
    keys = load_keys(f"acme:{KEY}")
    assert keys.tenant_of(None, KEY) == "acme"
    assert keys.tenant_of("Basic dXNlcjpwYXNz", KEY) == "acme"


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", KEY, "Basic x", "Bearer wrong-key-000", "Bearer \ud800"]
)
def test_no_key_or_a_wrong_one_is_refused(header):
    with pytest.raises(Unauthorized, match="Authorization: Bearer KEY") as refused:
        load_keys(f"acme:{KEY}").tenant_of(header)
    assert "wrong-key" not in str(refused.value)


def test_several_keys_of_one_tenant():
    keys = load_keys("acme:first-key-1,acme:second-key-2")
    assert keys.tenant_of("Bearer first-key-1") == keys.tenant_of("Bearer second-key-2") == "acme"


def test_a_tenants_key_may_hold_colons():
    assert load_keys("acme:a:key:with:colons").tenant_of("Bearer a:key:with:colons") == "acme"


def test_a_file_has_comments_and_blank_lines_and_adds_to_the_value(tmp_path):
    path = key_file(tmp_path, f"# ours\n\n  acme:{KEY}\nbare-key-from-file\n")
    keys = load_keys("umbrella:key-of-the-value", path)
    assert keys.tenant_of(f"Bearer {KEY}") == "acme"
    assert keys.tenant_of("Bearer key-of-the-value") == "umbrella"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{KEY}\n{KEY}", ":2: this key stands there twice"),
        (f"# x\na:{KEY}\nb:{KEY}", ":3: this key stands there twice"),
        ("acme:short", ":1: the key is shorter than 8"),
        (f"\n :{KEY}", ":2: no tenant before the colon"),
        (f"acme: {KEY} {KEY}", ":1: the key has spaces"),
        ("acme:schlüssel-eins", ":1: the key has spaces or characters"),
    ],
)
def test_a_bad_file_names_the_line_and_never_the_key(tmp_path, text, message):
    path = key_file(tmp_path, text)
    with pytest.raises(ConfigError) as wrong:
        load_keys(None, path)
    assert f"{path}{message}" in str(wrong.value)
    assert KEY not in str(wrong.value) and "short\n" not in str(wrong.value)


def test_a_bad_value_names_the_entry():
    with pytest.raises(ConfigError, match="COTERIE_API_KEYS: entry 2"):
        load_keys(f"{KEY},short")


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load_keys(None, tmp_path / "missing")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_keys(None, tmp_path / "binary")
    with pytest.raises(ConfigError, match="directory"):
        load_keys(None, tmp_path)


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, True), (0o604, True)])
def test_a_file_that_others_may_read_is_warned_about(tmp_path, caplog, mode, warned):
    with caplog.at_level(logging.WARNING, "coterie.keys"):
        load_keys(None, key_file(tmp_path, KEY, mode))
    assert ("chmod 600" in caplog.text) is warned
    assert KEY not in caplog.text


def test_nothing_shows_a_key_or_its_digest():
    keys = load_keys(f"acme:{KEY}", admin_key="admin-key-123")
    shown = repr(keys) + str(keys)
    assert KEY not in shown and "admin-key" not in shown and hashlib.sha256(KEY.encode()).hexdigest()[:8] not in shown
    assert "acme" in shown


def test_the_admin_key_is_another_one():
    keys = load_keys(f"acme:{KEY}", admin_key="admin-key-123")
    assert keys.is_admin("Bearer admin-key-123") and keys.is_admin(None, "admin-key-123")
    assert not keys.is_admin(f"Bearer {KEY}") and not keys.is_admin(None)
    with pytest.raises(Unauthorized):
        keys.tenant_of("Bearer admin-key-123")
    assert not Keys().is_admin("Bearer admin-key-123")
    with pytest.raises(ConfigError, match="COTERIE_ADMIN_KEY"):
        load_keys(admin_key="short")
    with pytest.raises(ConfigError, match="also a caller's"):
        load_keys(KEY, admin_key=KEY)


def test_a_hundred_keys_are_compared_in_microseconds():
    keys = load_keys(",".join(f"tenant-{n}:key-number-{n:04}" for n in range(100)))
    rounds = []
    for _ in range(20):
        begun = time.perf_counter()
        for _ in range(50):
            keys.tenant_of("Bearer key-number-0050")
        rounds.append((time.perf_counter() - begun) / 50)
    assert min(rounds) < 50e-6  # 7 microseconds on an idle machine; the bound forgives a busy one
