"""What satisfaction is worth: leaving and margin by what was said, and which improvement each account waits for."""
