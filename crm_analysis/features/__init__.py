"""What was known of accounts on many days at once, each table read once or twice for all of them.

Told by landmarks (days) and windows before them; models of leaving and of potential take what they need.
"""
