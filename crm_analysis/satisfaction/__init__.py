"""How content accounts are, what that hangs on, what they complain of, and whom we do not hear."""
