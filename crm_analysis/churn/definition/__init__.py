"""What counts as leaving, and when it can be known."""

from crm_analysis.churn.definition.leaving import Leaving, leaving
from crm_analysis.churn.definition.silence import Costs
from crm_analysis.churn.definition.spells import Spells

__all__ = ["Costs", "Leaving", "Spells", "leaving"]
