"""Complaints: how many, whose, about what, how long they take, and who is silent but looks like those who complain."""
