"""Grades A to D (key, develop, select, drop), and the two bars that lower them: loss and work, kept apart."""
