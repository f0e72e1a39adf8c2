"""What there is to tell: outcomes, plans, lists; as a table, JSON or CSV."""
