"""How content accounts are, how sure that is, and who does not answer."""
