"""The synthetic company: a maker of circuit boards and its customers, made from a seed.

`demo` writes a whole customer book of contract tables into a folder; nothing in it is real. What is true
of the story and stands in no table lies beside them, in the folder `truth`.
"""

from crm_analysis.book.demo.story import Demo, demo
from crm_analysis.book.demo.write import usual_format

__all__ = ["Demo", "demo", "usual_format"]
