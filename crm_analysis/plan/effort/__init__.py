"""Effort: contacts and their length, the people a plan needs, whose account each is, planned against delivered."""
