"""How each public set writes its rows, one file a set: rows as they come -> rows of our tables. Downloads nothing."""
