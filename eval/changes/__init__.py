"""What a change does: which answers flip from right to wrong, and which questions tell soonest."""
