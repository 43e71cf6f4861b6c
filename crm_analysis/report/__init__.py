"""The report pack: notebooks run with parameters, pages, tables, one index, published whole.

`report` makes a pack; notebooks show their results through `crm_analysis.report.show`.
"""

from crm_analysis.report.run import report

__all__ = ["report"]
