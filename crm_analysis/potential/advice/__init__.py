"""What is advised: may be cut, survey first or keep; whom to ask, which steps can be taken back, what was decided."""
