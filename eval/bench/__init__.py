"""Coterie under load, beside other gateways and over several HTTP clients, on this machine's loopback alone."""
