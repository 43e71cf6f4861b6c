"""Customer analysis for companies that sell to companies.

Start with `crm_analysis.book.open_book`; importing this package reads nothing and sets nothing.
"""

__version__ = "0.1.0"
