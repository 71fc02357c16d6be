"""Coterie's learning side: routers that predict how well each expert will answer. Knows no HTTP and no prices."""
