"""Who leaves, when, why, and what it costs."""
