"""What people decided: read back from the action lists, whether it was carried out, and what became of it."""
