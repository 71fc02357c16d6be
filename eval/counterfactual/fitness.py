"""Which logged decisions can say what another choice would have brought, and why the others cannot. Counts nothing."""

from __future__ import annotations

from gateway.abstention import ABSTAIN
from gateway.errors import (
    AllFailed,
    BreakerOpen,
    Cancelled,
    ExpertBroken,
    ExpertBusy,
    ExpertDenied,
    ExpertFailed,
    ExpertTimeout,
    ExpertUnreachable,
    Expired,
    GatewayError,
    Overloaded,
    Unavailable,
)
from gateway.logged import Logged

FAILED: tuple[type[GatewayError], ...] = (
    AllFailed,
    BreakerOpen,
    ExpertBroken,
    ExpertBusy,
    ExpertDenied,
    ExpertFailed,
    ExpertTimeout,
    ExpertUnreachable,
    Expired,
    Overloaded,
    Unavailable,
)
FAILURES = frozenset(error.code for error in FAILED)
CLOSE = 1e-6
UNREADABLE = "the row cannot be read: damaged, or written by something else"
NOBODY = "nobody was asked: the gateway said that it does not know"
LEFT = "the caller left before the answer"
REFUSED = "the request itself was refused"
LAST_RESORT = "doubt or a damaged row sent it elsewhere than the lot said"
BEFORE = "part of a conversation from before the record told who had it"


def unfit(one: Logged) -> str | None:
    """In words why a decision of the policy says nothing; None where it counts."""
    names = [forecast.expert for forecast in one.forecasts]
    if one.strategy == ABSTAIN:
        return NOBODY
    if not one.experts or one.experts[0] not in names or (one.lot is not None and one.lot.front not in names):
        return UNREADABLE
    if one.status == Cancelled.code:
        return LEFT
    if one.status != "ok" and not failed(one):
        return REFUSED
    if one.lot is None:
        return BEFORE if one.session or "tools" in one.needs else None
    return None if _fits(one, names) else LAST_RESORT


def failed(one: Logged) -> bool:
    """Whether experts, or the gateway, are to blame that there was no answer."""
    return one.status in FAILURES


def _fits(one: Logged, names: list[str]) -> bool:
    """Whether the propensity is the lot's; one that is no chance at all is the estimators' to refuse."""
    if one.lot is None or not 0 < one.propensity <= 1:
        return True
    return bool(abs(one.lot.chances(names)[names.index(one.experts[0])] - one.propensity) < CLOSE)
