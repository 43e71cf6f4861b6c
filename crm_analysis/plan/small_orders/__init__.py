"""Minimum order and small-order price: who is hit, how accounts may take it, what that makes of the profit.

- `proposal`: what is proposed: the minimum, and whether a smaller order costs more or is refused
- `costs`: what serving an account costs that would go with it, and that goes with each of its orders
- `hits`: accounts and orders of the trailing year that the proposal would have hit, and who is spared
- `reactions`: what an account brings more or less if it pays, bundles, drops its small orders, or leaves
- `break_even`: how many may leave, how many must bundle, before it loses
- `spread`: the profit over plausible reactions, with intervals as it is chance who leaves
- `simulation`: all of it at once (`small_orders`)
"""

from crm_analysis.plan.small_orders.proposal import MINIMUM, PRICE, Proposal
from crm_analysis.plan.small_orders.simulation import SmallOrders, small_orders

__all__ = ["MINIMUM", "PRICE", "Proposal", "SmallOrders", "small_orders"]
