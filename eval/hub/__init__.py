"""Public question sets by their names on the Hugging Face hub, as tables; and files that public leaderboards take."""
