"""Offline evaluation of strategies: recorded answers are replayed through the code that serves. Asks nobody."""
