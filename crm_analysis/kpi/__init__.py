"""The figures management steers by, whether they changed, and whether the programme changed them."""
