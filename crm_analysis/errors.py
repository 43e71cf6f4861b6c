"""Mistakes a user can mend: one sentence each, shown without a traceback."""


class UserError(Exception):
    """Anything the user can put right; its text names what was found and what was expected."""


class Lack(str):
    """A sentence that says what is lacking, where something would be shown."""


class BookError(UserError):
    """A book that cannot be opened, or a question that its data cannot answer."""


class ReportError(UserError):
    """A report that cannot be made; whatever was published before is untouched."""
