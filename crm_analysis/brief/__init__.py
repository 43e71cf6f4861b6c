"""One account before a meeting: everything the book knew of it on a day, a module per block of the page."""

from crm_analysis.brief.brief import Brief, brief

__all__ = ["Brief", "brief"]
