"""This report beside the last quarter's: who moved, who came on or left a list, how forecasts did.

Everything is read from the tables of the two reports, and nothing is computed anew from the book: what was said then is
held against what is said now.
"""
