"""The synthetic company: a maker of circuit boards and its customers, made from a seed.

`demo` writes a whole customer book of contract tables into a folder; nothing in it is real.
"""

from crm_analysis.book.demo.story import Demo, demo

__all__ = ["Demo", "demo"]
