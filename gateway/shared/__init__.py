"""What several instances of the gateway must agree on."""

from gateway.shared.base import SharedState, SharedStateError
from gateway.shared.open import open_shared

__all__ = ["SharedState", "SharedStateError", "open_shared"]
