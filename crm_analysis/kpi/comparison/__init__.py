"""KPIs compared: with a year ago, with last quarter, with targets, with each other, and always with chance."""
