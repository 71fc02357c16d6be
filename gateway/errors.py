"""Every error a caller can meet. One tree; `wire/errors.py` is the one place that turns it into HTTP.

GatewayError                    500
 ├ BadRequest                   400  the request is wrong; retrying it unchanged is pointless
 │  ├ ContextTooLong            400
 │  ├ Unsupported               400  no expert takes images, tools, ...
 │  ├ TooDear                   400  every expert would cost more than the caller allows
 │  └ BodyTooLarge              413
 ├ Unauthorized                 401
 ├ Forbidden                    403
 ├ NotFound                     404
 │  └ UnknownModel              404
 ├ SlowRequest                  408
 ├ Overloaded                   429  our own queues are full
 ├ Unavailable                  503  nobody is there to ask
 │  └ RecordUnavailable         503  the database of the record does not answer (gateway/store)
 ├ KnowledgeError               503  the store of documents cannot be read or written
 ├ ExpertError                  502  an expert failed
 │  ├ ExpertFailed              502  its own server failed; the next call may be luckier
 │  ├ ExpertRefused             4xx  the expert calls the request wrong; its words are passed on
 │  ├ ExpertDenied              502  the expert does not take our key
 │  ├ ExpertBusy                429
 │  ├ ExpertTimeout             504
 │  ├ ExpertUnreachable         502
 │  ├ ExpertBroken              502  it answered, but not what the protocol says
 │  └ BreakerOpen               503  it failed too often of late and is being left alone
 ├ AllFailed                    502  504 where the last one was a timeout
 ├ Expired                      504  the caller's own deadline
 ├ Cancelled                    499  the caller left before there was an answer
 └ CalledOff                    499  one call of several, given up because the others had settled the matter

ConfigError and StartError are for the shell, never for HTTP.
"""

from __future__ import annotations


class GatewayError(Exception):
    """Something a caller is told about, in one line that says what to do."""

    status: int = 500
    type: str = "server_error"
    code: str = "internal_error"
    may_quote: bool = False
    """The message may hold the caller's own words, so it goes back to the caller and nowhere else."""

    @property
    def reason(self) -> str | None:
        """The message as far as it may be logged and recorded."""
        return None if self.may_quote else self.message

    def __init__(self, message: str, *, param: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after_s = retry_after_s


class BadRequest(GatewayError):
    """The request is not one that any expert could answer."""

    may_quote = True
    status, type, code = 400, "invalid_request_error", "invalid_request"


class ContextTooLong(BadRequest):
    """The prompt is longer than the context of every expert that may be asked."""

    code = "context_length_exceeded"


class Unsupported(BadRequest):
    """No expert that may be asked takes what the query holds."""

    code = "unsupported_by_expert"


class TooDear(BadRequest):
    """Every expert that may be asked is expected to cost more than the caller allows."""

    code = "max_cost_exceeded"


class BodyTooLarge(BadRequest):
    """The body is larger than the gateway takes."""

    status, code = 413, "body_too_large"


class Unauthorized(GatewayError):
    """No key, or one that nobody knows."""

    status, type, code = 401, "authentication_error", "invalid_api_key"


class Forbidden(GatewayError):
    """A key that may not do this."""

    status, type, code = 403, "permission_error", "forbidden"


class NotFound(GatewayError):
    """No such thing."""

    status, type, code = 404, "invalid_request_error", "not_found"


class UnknownModel(NotFound):
    """No expert, policy or virtual model of that name."""

    code = "model_not_found"


class SlowRequest(GatewayError):
    """The body did not arrive in time."""

    status, type, code = 408, "invalid_request_error", "request_timeout"


class Overloaded(GatewayError):
    """Our own queue is full."""

    status, type, code = 429, "rate_limit_error", "overloaded"


class Unavailable(GatewayError):
    """No expert can be asked now."""

    status, code = 503, "no_expert_available"


class KnowledgeError(GatewayError):
    """The store of documents cannot be read or written, or not like this."""

    status, code = 503, "knowledge_unavailable"


class ExpertError(GatewayError):
    """An expert failed; `retriable` says whether the same call may succeed a moment later."""

    status, type, code = 502, "upstream_error", "expert_failed"
    retriable = False

    def __init__(
        self,
        message: str,
        *,
        expert: str = "",
        param: str | None = None,
        retry_after_s: float | None = None,
        status: int | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message, param=param, retry_after_s=retry_after_s)
        self.expert = expert
        if status is not None:
            self.status = status
        if code is not None:
            self.code = code


class ExpertFailed(ExpertError):
    """The expert's own server failed; the next call may be luckier."""

    retriable = True


class ExpertRefused(ExpertError):
    """The expert says that the request is wrong (400, 409, 413, 415, 422)."""

    may_quote = True
    status, type = 400, "invalid_request_error"


class ExpertDenied(ExpertError):
    """The expert does not take the key it was called with. The caller is never shown which key."""

    code = "expert_denied"


class ExpertBusy(ExpertError):
    """The expert is rate-limited or overloaded."""

    status, type, code = 429, "rate_limit_error", "expert_busy"
    retriable = True


class ExpertTimeout(ExpertError):
    """The expert was too slow: to connect, to begin, to go on, or as a whole."""

    status, code = 504, "expert_timeout"


class ExpertUnreachable(ExpertError):
    """No connection, or one that broke before an answer began."""

    code = "expert_unreachable"
    retriable = True


class ExpertBroken(ExpertError):
    """The expert answered with something that is not the protocol, or stopped in the middle of it."""

    code = "expert_broken"


class BreakerOpen(ExpertError):
    """The expert failed too often of late and is being left alone for a while."""

    status, code = 503, "breaker_open"


class AllFailed(GatewayError):
    """Every expert of the plan failed; the message holds each one's reason."""

    status, type, code = 502, "upstream_error", "all_experts_failed"

    def __init__(
        self, message: str, *, timed_out: bool, may_quote: bool = False, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        self.may_quote = may_quote
        if timed_out:
            self.status = 504


class Expired(GatewayError):
    """The caller's deadline passed, or the request's."""

    status, type, code = 504, "timeout_error", "deadline_exceeded"


class Cancelled(GatewayError):
    """The caller left; nobody will read this but the record."""

    status, type, code = 499, "cancelled", "client_left"


class CalledOff(GatewayError):
    """One call of several was given up, because the others had settled the matter; only the record reads this."""

    status, type, code = 499, "cancelled", "called_off"


class ConfigError(Exception):
    """experts.yaml, a key file or the environment is wrong: one line with file, line, key and what is allowed."""


class StartError(Exception):
    """The gateway will not start like this; the message says why and the way out."""
