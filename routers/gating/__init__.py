"""ExpertRAG's gate: how much documents would help one expert with one query. Knows no store, no HTTP and no prices."""
