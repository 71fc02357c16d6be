"""Routing by skills: what a query asks for in words, and how good each expert is at each of those things."""
