"""The fortnightly summaries of sales people: read from pages, checked, and how useful they are."""
