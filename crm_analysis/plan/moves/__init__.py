"""Moves between the states of a book: how they went, what to expect, and what a lift would bring."""
