"""How long accounts stay: cohorts, curves, what they lose accounts to, and what may come after."""
