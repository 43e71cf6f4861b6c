"""Which of today's small accounts will grow, and how many of the rest may be cut without losing those."""
