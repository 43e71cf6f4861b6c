"""Lifetime value: models of orders and of their value, and what accounts will bring."""

from crm_analysis.value.lifetime.dropout import BGNBD, MBGCNBD
from crm_analysis.value.lifetime.fitting import NotIdentified
from crm_analysis.value.lifetime.gamma_gamma import GammaGamma
from crm_analysis.value.lifetime.normal_spend import NormalSpend
from crm_analysis.value.lifetime.pareto import ParetoNBD
from crm_analysis.value.lifetime.worth import Worth, against_last_year, lifetime_value

__all__ = [
    "BGNBD",
    "MBGCNBD",
    "GammaGamma",
    "NormalSpend",
    "NotIdentified",
    "ParetoNBD",
    "Worth",
    "against_last_year",
    "lifetime_value",
]
