"""What feedback teaches beyond a router: corrections by region of queries, whom to explore, and a floor under both."""
