"""Who gets which treatment, and why: rules as data, and what they make of every account."""
