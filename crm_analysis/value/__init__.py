"""What each account is worth: pyramid, segments, concentration, cuts."""
