"""What to do with each account, by whom, and with what effort."""
