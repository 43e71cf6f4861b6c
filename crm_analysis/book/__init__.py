"""The customer book: open it, check it, and take it back to what was known on a day."""

from crm_analysis.book.book import Book, as_date, book_of
from crm_analysis.book.check import CheckResult
from crm_analysis.book.opening import open_book
from crm_analysis.errors import BookError

__all__ = ["Book", "BookError", "CheckResult", "as_date", "book_of", "open_book"]
