"""What a prediction or a choice is worth: one measure a file, on plain arrays. Knows no router and no table."""
