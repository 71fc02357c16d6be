"""Item response theory: a query has discriminations and a difficulty, an expert an ability with a posterior."""
