"""Lifetime value: models of orders and of their value, and what accounts will bring."""
