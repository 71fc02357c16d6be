"""Coterie's measuring side: the same gateway, under recorded answers or under load."""
