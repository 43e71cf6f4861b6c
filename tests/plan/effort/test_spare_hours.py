"""Hours kept for accounts that pay late: against whole plans made with and without the loss bar."""

from __future__ import annotations

import pytest
from planned_company import company
from small_books import DAY

from crm_analysis.plan.effort.spare import kept_for_late
from crm_analysis.plan.outlook import outlook
from crm_analysis.plan.policy import Policy
from crm_analysis.plan.treatment.treated import treated


@pytest.mark.slow
def test_hours_kept_are_what_a_plan_without_the_loss_bar_takes_more():
    look = outlook(company(), DAY, Policy(calls_select=3))
    facts = look.facts.assign(fails=[place % 3 == 0 for place in range(len(look.facts))])
    kept = []
    for hours in (1, 20, 60, 100, 1000):
        given = (DAY, look.bars, look.policy, look.lengths, hours * 60)
        found, without = treated(facts, *given), treated(facts.assign(fails=False), *given)
        assert (found.table["bar"] == "loss").sum() > 5
        kept.append(kept_for_late(facts, found, *given[:-1]))
        more = without.table["minutes_planned"].sum() - found.table["minutes_planned"].sum()
        assert kept[-1] == pytest.approx(more)
    assert kept[0] < kept[-1]
    nobody = facts.assign(fails=False)
    assert kept_for_late(nobody, treated(nobody, *given), *given[:-1]) == 0
