"""Why something cannot be learned from a book, what was done to learn it, and which model earned its place."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    # --- what counts as leaving ---
    "left_by_contract": "An account has left when its contract has ended and no other has begun within {days} days.",
    "left_by_silence": "An account has left when {days} days ({late}) have passed since its last order. That is best "
    "if a false alarm costs as much as {worth} of delay: {wrong}, and a leaver is known {late} late.",
    "left_by_silence_given": "An account has left when {days} days have passed since its last order; that silence was "
    "given.",
    "left_contract_agreed": "The book does not tell when contracts really ended: their agreed end counts.",
    "left_contract_tacit_many": "{n} contracts that are past their agreed end but not ended count as renewed.",
    "left_contract_tacit_one": "1 contract past its end counts as renewed.",
    "left_again": "of a hundred accounts declared left {again} order again ({low} to {high}; measured on {silences} "
    "silences)",
    "left_again_none": "none of the accounts declared left would have ordered again",
    "left_month": "{n} month",
    "left_months": "{n} months",
    "no_first_quarter": "A year's retention needs to know who was there on {first} and on {last}; the book tells who "
    "was there from {begins} on.",
    "no_line_known": "orders: no line is known on {day}; expected some before it.",
    "no_year_to_fall": "orders reach back to {begins}; expected {start}, for a whole year to fall from.",
    "nobody_a_year_before": "No account was there a year before the last day that is decided; expected at least one.",
    "not_added_up": "The accounts at risk cannot be added up by '{column}': the book does not tell it that day.",
    "silence_few": "{accounts} accounts ordered {horizon} days or more before {day}; expected at least {least} to "
    "choose after which silence an account has left (or give the silence, such as 6M).",
    "silence_short": "orders reach back {days} days on {day}; expected at least {least}.",
    "silence_short_choice": "orders reach back {days} days on {day}; expected at least {least} to choose after which "
    "silence an account has left (or give the silence, such as 6M).",
    # --- projections ---
    "projection_few": "projection by {model}: {periods} periods of tenure with {lost} accounts lost; expected at "
    "least {least} periods and {fewest} lost.",
    "projection_loose": "projection by {model}: {periods} periods with {lost} accounts lost do not tell its "
    "parameters, as where accounts all leave alike; expected more periods or more accounts.",
    "projection_untried": "{periods} periods, of which the last {rest} saw {lost} accounts lost; expected at "
    "least 4 periods, and {fewest} lost in the last third.",
    # --- the models of leaving ---
    "learned_alike": "Left out, because others say the same: {terms}.",
    "learned_alike_term": "{term} (as {other})",
    "learned_and": "{one} and by {other}",
    "learned_averaged": "Not the same over the years, so that the ratio told is an average: {terms}.",
    "learned_drivers": "the drivers of leaving",
    "learned_few_left": "{what}: {found} accounts are known to have left, and {least} are needed, so nothing is told "
    "of who is at risk.",
    "learned_few_stayed": "{what}: {found} accounts are known to have stayed, and {least} are needed, so nothing is "
    "told of who is at risk.",
    "learned_filled": "Where a value is not known the middle one stands for it, and from {share} of the rows on not "
    "knowing has an effect of its own: {terms}.",
    "learned_filled_term": "{term} ({share})",
    "learned_held_few": "Effects are shrunk towards none, because {left} accounts that left are few for {effects} "
    "effects: {each} for each, {wanted} are wanted.",
    "learned_held_parted": "Effects are shrunk towards none, because all that left are on one side of all that stayed "
    "by {terms}, and no finite effect would be the likeliest.",
    "learned_held_together": "Effects are shrunk towards none, because some features together part all that left from "
    "all that stayed, and no finite effect would be the likeliest.",
    "learned_model": "the model of leaving",
    "learned_no_later": "Nobody is known to have left after the first quarter ahead: no later one gets a probability.",
    "learned_no_quarter": "what drives leaving is learned from quarters decided by {day}; the panel has none with an "
    "account that ordered again.",
    "learned_nothing_differs": "nothing can be said of what drives leaving: no feature differs between accounts.",
    "learned_part": "The model is fitted to {some} of {accounts} accounts, drawn by their ids, with {kept} of {rows} "
    "risk rows; all accounts get a probability.",
    "learned_part_drivers": "The drivers are those of {some} of {accounts} accounts, drawn by their ids, with {kept} "
    "of {rows} account-quarters.",
    "learned_quarter": "{many} in quarter {number}",
    "learned_same": "Left out, because it is the same in every row: {terms}.",
    "learned_shared": "Quarters {numbers} ahead share one level of risk: {found} ahead are known to have left so far, "
    "and {wanted} accounts are wanted for a level of its own.",
    "learned_strength": "The strength, {strength}, forecast accounts that were left out best.",
    "learned_strength_drivers": "The strength, {strength}, ranked accounts that were left out best; p-values are not "
    "told, because they mean nothing of shrunken effects.",
    "learned_under": "under {share}",
    "term_level": "{term} {level}",
    "term_next": "{term}, next quarter",
    "term_next_above": "{term} above {knot}, next quarter",
    "term_next_closing": "{term}, days left, next quarter",
    "term_unknown": "{term}: not known",
    # --- the models of orders and of their value ---
    "baseline_scaled": "fitted to a window of {window} and scaled to {horizon}: no two horizons of orders were known",
    "cost_too_little": "The book's spending in the {window} to {day} names {accounts} accounts over {days} days; "
    "expected at least one account and {least} days.",
    "fit_and": "{one} and {other}",
    "fit_loose": "{model}: the {histories} histories do not tell {names}: other values fit as well. Expected more "
    "accounts with repeat orders, a longer time, or a simpler model.",
    "fit_no_repeat": "{model}: none of the {accounts} accounts ordered a second time by {day}; expected repeat orders, "
    "which are all that a model of orders can learn from.",
    "fit_no_time": "{model}: no time has passed since the first orders; expected at least one unit.",
    "model_by": "{model} by {covariates}",
    "model_prior": "{model}, prior {prior}",
    "spend_alike": "{model}: in none of the {histories} histories do two orders differ in {money}; expected some, for "
    "how much an account's orders vary cannot be told otherwise.",
    "spend_even": "All {accounts} accounts ordered equally often: whether frequent orders are worth more cannot be "
    "told.",
    "spend_infinite": "{model}: q is {q}, and at 1 or less the mean {money} of an order is infinite: amounts are too "
    "uneven for this model; NormalSpend takes them.",
    "spend_less": "Accounts that order more often bring less per order {numbers}: Gamma-Gamma takes the two as "
    "unrelated, so what it expects of frequent buyers is rather too high.",
    "spend_more": "Accounts that order more often bring more per order {numbers}: Gamma-Gamma takes the two as "
    "unrelated, so what it expects of frequent buyers is rather too low.",
    "spend_negative": "{model}: {wrong} of {accounts} accounts with repeat orders have a mean {money} of 0 or less, "
    "and the model knows positive amounts only; NormalSpend takes any.",
    "spend_no_repeat": "{model}: none of the {accounts} accounts has a repeat order; expected them, for the model "
    "learns from nothing else.",
    "spend_numbers": "(rank correlation {found}, 95 % interval {low} to {high}, {accounts} accounts)",
    "spend_ruled_out": "{n} accounts brought 0 or less, which it rules out",
    "spend_unknown_margin": "{model}: {column} is not known of any account; expected amounts, as where the book's "
    "order lines hold costs.",
    "spend_unknown_revenue": "{model}: {column} is not known of any account; expected amounts, as where the book's "
    "order lines hold revenue.",
    "spend_unrelated": "Nothing speaks against orders' number and value being unrelated {numbers}.",
    "trial_no_candidate": "no candidate could be fitted on all of {days} days: {reason}",
    "trial_no_order": "the book has no order line by {day}; expected orders to learn from.",
    "trial_short": "a forecast of {horizon} cannot be tried: the orders begin on {begins} and are known until {day}; "
    "expected two horizons, so orders from {start} on, or a shorter horizon.",
    "verdict_by": "by {margin} (standard error {error}) in log score per account, {over}",
    "verdict_by_chance": "by {margin} (standard error {error}) in log score per account, which may be chance, {over}",
    "verdict_history": "History wins here: {best} beats the best model, {rival}, {by}.",
    "verdict_history_alone": "History wins here: no purchase model could be fitted; {best} is the best baseline "
    "{over}.",
    "verdict_model": "{best} is chosen: it beats the best baseline, {rival}, {by}.",
    "verdict_model_alone": "{best} is chosen: it has the best log score {over}; no baseline was compared.",
    "verdict_over_many": "over {forecasts} forecasts of {horizon} from {n} days",
    "verdict_over_one": "over {forecasts} forecasts of {horizon} from 1 day",
}

COLUMNS: Words = {}
