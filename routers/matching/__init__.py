"""A batch of queries to experts with room for so many each, and money for all: exactly, or with a stated gap."""
