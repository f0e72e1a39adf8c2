"""Reports of outcomes, plans and analyses, as tables, JSON or CSV. Only this package uses rich."""
