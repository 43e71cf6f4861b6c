"""Who is at risk of leaving, and what drives it."""
