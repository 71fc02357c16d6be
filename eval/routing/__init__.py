"""Offline evaluation of routers: whom each would have asked, how that would have gone, and what it would have cost."""
