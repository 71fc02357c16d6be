"""From the name of an expert to its outcome: places, retries, breaker, price. Strategies see nothing of it."""
