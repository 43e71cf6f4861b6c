"""What every account brought, cost and said in each quarter: the one table that all KPIs are made of."""

from crm_analysis.kpi.panel.quarters import Panel, panel

__all__ = ["Panel", "panel"]
