"""How long the plan of a big book takes, from what is known of its accounts to the list of actions.

    python benchmarks/plan_size.py [--accounts 1000000] [--folder FOLDER]

The demo company of that many accounts, as it is written in Parquet. In a process of its own: the trailing year of
every account and the days each bought on (which all pages start from), then the plan: what the rules look at,
payments and the loss bar, treatments with both bars, reasons and next steps, owners, the workload by team and person,
and the list of actions. The Low accounts' outcomes come from the potential page, whose time is measured elsewhere;
here they are drawn by lot, which takes the plan as long. For a million accounts, writes
benchmarks/results/plan_size.csv and docs/plan_measured.md. The folder, a temporary one by default, takes about 3 GB.
"""

from __future__ import annotations

from pathlib import Path

import measured_page
import pandas as pd
from demo_size import measured_demo

HERE = Path(__file__).resolve()
RESULTS = HERE.parent / "results" / "plan_size.csv"
PAGE, TITLE = HERE.parents[1] / "docs" / "plan_measured.md", "# The plan, as measured"
DAY, ACCOUNTS, SECONDS = "2026-09-30", 1_000_000, 60
OURS = f"""
import json, resource, sys, time
from pathlib import Path
import numpy as np
import pandas as pd
from crm_analysis.accounts import accounts
from crm_analysis.churn.definition.purchases import purchases
from crm_analysis.plan.actions import actions
from crm_analysis.plan.facts import Low
from crm_analysis.plan.outlook import outlook
from crm_analysis.value.segments import bars, segments
sys.path.insert(0, "{HERE.parent}")
from potential_books import book_of_demo
book = book_of_demo(Path(sys.argv[1])).as_of("{DAY}")
clock = [time.perf_counter()]
def mark():
    clock.append(time.perf_counter())
known = accounts(book, "{DAY}")
mark()
purchases(book)
made = time.perf_counter()
first = {{"accounts_seconds": clock[1] - clock[0], "bought_seconds": made - clock[1]}}
at = bars(known)
low = known.loc[segments(known, at)["class"] == "Low", ["account_id"]].reset_index(drop=True)
lot = np.random.default_rng(1).random(len(low))
low["potential"], low["why"] = lot / 10, "drawn by lot"
low["outcome"] = np.select([lot < .06, lot < .6], ["cut", "survey"], "keep").astype(object)
look = outlook(book, "{DAY}")
# all pages start from the accounts of the trailing year: here they are made once
look.__dict__["accounts"], look.__dict__["low"] = known, Low(low, .06, 10_000.0)
clock[-1] = time.perf_counter()
look.facts
mark()
look.treated
mark()
look.table
mark()
look.need, look.balance
mark()
found = actions(look.table)
mark()
used = resource.getrusage(resource.RUSAGE_SELF)
names = ("accounts", "facts and the loss bar", "treatments and both bars", "owners", "workload", "actions")
told = dict(zip(names[1:], np.diff(clock[1:])))
told |= first | {{"seconds": clock[-1] - clock[1], "gb": used.ru_maxrss / 1e6}}
told |= {{"cpu": used.ru_utime + used.ru_stime, "accounts": len(known), "people": len(look.people), "low": len(low)}}
told["actions_listed"] = len(found)
print(json.dumps({{name: float(value) for name, value in told.items()}}))
"""


def main() -> None:
    if measured_demo(__doc__, OURS, ACCOUNTS, RESULTS):
        measured_page.put("plan: size", section(), PAGE, TITLE)


def section() -> list[str]:
    """What the page says."""
    found = pd.read_csv(RESULTS).set_index("name")["value"]
    parts = ("facts and the loss bar", "treatments and both bars", "owners", "workload", "actions")
    return [
        "## How long does a big book take?",
        "",
        f"The demo company of {found['accounts']:,.0f} accounts and {found['people']:,.0f} sales people on "
        f"{found['cores']:.0f} cores; the book lay ready in Parquet. Of {found['low']:,.0f} Low accounts the outcomes "
        "are given, as the potential page makes them. *facts*: contacts, rhythm, complaints, contracts, decisions, "
        "avoidable cost and invoices of every account. *actions*: the list of all that have something to do, "
        f"{found['actions_listed']:,.0f} rows.",
        "",
        "| | seconds |",
        "|---|---|",
        *(f"| {name} | {found[name]:.1f} |" for name in parts),
        f"| the plan | {found['seconds']:.1f} |",
        "",
        f"Before that, the trailing year of every account took {found['accounts_seconds']:.1f} s (order lines are "
        f"collapsed to days there) and the days that each bought on {found['bought_seconds']:.1f} s. Both are made "
        "once for all that a page tells, the potential of Low accounts first, from which the plan starts; counted to "
        f"the plan, the latter would make it {found['seconds'] + found['bought_seconds']:.1f} s. CPU "
        f"{found['cpu']:.0f} s on all cores, imports included; peak memory {found['gb']:.1f} GB. Under {SECONDS} s: "
        f"{'holds' if found['seconds'] < SECONDS else 'DOES NOT HOLD'}.",
    ]


if __name__ == "__main__":
    main()
