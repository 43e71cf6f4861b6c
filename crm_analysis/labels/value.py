"""Words of the value page, and of lifetime values."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    # --- lifetime value ---
    "remark_of": "{models}: {remark}.",
    "spend_best": "An order's value: {model}, whose log score of what the last year's orders brought is {ahead} per "
    "account above that of {other}.",
    "spend_only": "An order's value: {model}. {reason}",
    "spend_other": "An order's value: {model}, because the better one cannot be fitted now. {reason}",
    "spend_short": "An order's value: {model}, untried: the orders do not reach back far enough.",
    "worth_cost": "Avoidable cost to serve is taken off for {named} of {accounts} accounts, those that spending names; "
    "shared and fixed cost is not.",
    "worth_margin": "Value is margin: revenue less cost of goods.",
    "worth_no_cost": "No cost to serve is taken off: the book has no spending that names accounts.",
    "worth_revenue": "Value is revenue, for the book has no cost of goods.",
    # --- the value page ---
    "back_above": "More came than the interval holds: what drives all accounts at once is not in it",
    "back_below": "Less came than the interval holds: what drives all accounts at once is not in it",
    "back_inside": "What came lies inside the interval",
    "back_none": "The value forecast cannot be tried on earlier days: {reason}",
    "back_said": "Put to the test: the same models, fitted to what was known on {start}, forecast {value} until {end}, "
    "90% interval {low} to {high} (not discounted, before cost to serve); {came} came. {where}.",
    "forecast_inside": "What came lies inside the interval.",
    "forecast_above": "More came than the interval holds.",
    "forecast_below": "Fewer came than the interval holds.",
    "last_year_none": "Last year cannot be told: the orders begin on {begins}, less than a year before {day}.",
    "past_none": "Last quarter's forecast cannot be made: {reason}",
    "past_counts": "{came}, forecast {expected}",
    "past_said": "{came} orders came from {start} to {end}, counted as days on which an account ordered, from accounts "
    "that had ordered before. {model}, chosen since but fitted to what was known before, forecast "
    "{expected}, 90% interval {low} to {high}. {where}",
    "past_share": "{share} of {accounts} ordered within the interval that was forecast for them. {new} more came from "
    "accounts without an order before, which no forecast was made for.",
    "spend_untried": "No model of an order's value was tried: the orders do not reach back far enough.",
    "told_chance": "Of accounts told so, up to one in twenty may still prove otherwise, and more if the intervals are "
    "too narrow.",
    "told_counts": "{more} more, {less} less",
    "told_less": "Worth less: {accounts}, together by {difference}.",
    "told_less_alive": "{gone} of them more likely than not no longer order.",
    "told_loss": "Besides, {loss} brought less than nothing last year and are expected to do better, "
    "if only by not ordering.",
    "told_more": "Worth more: {accounts}, together by {difference}.",
    "told_none_less": "No account's whole 90% interval lies below last year repeated.",
    "told_none_more": "No account's whole 90% interval lies above last year repeated.",
    "told_said": "Accounts whose whole 90% interval lies above, or below, last year's {money} repeated for "
    "{horizon}. For {same} others last year may be right.",
    "top_said": "The first tenth of accounts by value, {accounts}, bring {value}, 90% interval {low} to {high}.",
    "trial_none": "No model could be tried on earlier days, so how good these forecasts are is not known.",
    "trust_bias_few": "Tried on earlier days, the model forecast {bias} too few orders in sum.",
    "trust_bias_more": "Tried on earlier days, the model forecast {bias} too many orders in sum.",
    "trust_bias_none": "Tried on earlier days, the model forecast as many orders in sum as came, to within 1%.",
    "trust_coverage": "Where 90% of what came should lie within its 90% intervals, {coverage} did{judged}.",
    "trust_narrow": ": the intervals on this page are rather too narrow",
    "trust_right": ", about as it should",
    "trust_untried": "How good the forecast is, is not known: it could not be tried on earlier days.",
    "trust_wide": ": the intervals on this page are wider than they need be",
    "trust_reach": "It was tried over {tried}; the value looks {horizon} ahead. Farther than it was tried, it rests "
    "on the model alone.",
    "used_bg": "BG/NBD takes an account that has not ordered again as alive for certain, however long ago that was.",
    "used_history": "History wins here: the forecast is {model}, a naive rule, because no model did better. It knows "
    "of no leaving.",
    "used_model": "The forecast is that of {model}, which did best on earlier days.",
    "trust_reach_history": "It was tried over {tried}; the value looks {horizon} ahead. A naive rule knows of no "
    "leaving, so over so much longer its sum is rather too high.",
    "untried": "The model, {model}, is untried: {reason}",
    "value_none": "No value can be told for this book; the top of the page says why.",
    "value_refused": "No value can be told for this book: {reason}",
    "value_horizon": "The value is what the accounts are expected to bring within {horizon} after {day}, discounted by "
    "{rate} a year, from {accounts} with orders. Accounts that order for the first time later are not in it.",
    "value_said": "90% interval {low} to {high}. Expected {money} within {horizon} after {day} from {accounts} with "
    "orders, discounted by {rate} a year.",
    "value_less_cost": "{money} less avoidable cost",
    "value_margin": "margin",
    "value_revenue": "revenue",
    "found_late": "{late} of {accounts} were known before the orders begin: their first order in the book need not "
    "have been their first.",
    "found_none_late": "No account is recorded as known before the orders begin.",
}

COLUMNS: Words = {
    # --- tables of the value page ---
    "alive": ("Alive", "share"),
    "came_money": ("Came", "money"),
    "made_on": ("Made on", "date"),
    "until": ("Until", "date"),
    "value_bias": ("Forecast against came", "share"),
    "baseline": ("Naive", "flag"),
    "behind": ("Behind best", "number"),
    "bias": ("Bias", "share"),
    "came": ("Orders that came", "number"),
    "count": ("Count", "count"),
    "cost_to_serve": ("Cost to serve", "money"),
    "coverage": ("Inside 90%", "share"),
    "difference": ("Difference", "money"),
    "estimate": ("Estimate", "measure"),
    "expected_orders": ("Orders forecast", "number"),
    "forecasts": ("Forecasts", "count"),
    "gross": ("Value before cost to serve", "money"),
    "high": ("90% to", "number"),
    "high_95": ("95% to", "measure"),
    "inside": ("Inside", "flag"),
    "inside_share": ("Accounts inside their interval", "share"),
    "last_year": ("Last year", "money"),
    "log_score": ("Log score", "number"),
    "low": ("90% from", "number"),
    "low_95": ("95% from", "measure"),
    "mae": ("MAE", "number"),
    "miss": ("Came less forecast", "number"),
    "model": ("Model", "text"),
    "new_accounts": ("New accounts", "count"),
    "new_orders": ("Orders of new accounts", "count"),
    "order_value": ("Value of an order", "money"),
    "parameter": ("Parameter", "text"),
    "predicted": ("Forecast on average", "number"),
    "rank_correlation": ("Rank correlation", "number"),
    "rank_revenue": ("Revenue rank", "count"),
    "rank_value": ("Value rank", "count"),
    "reason": ("Reason", "text"),
    "remark": ("Remark", "text"),
    "repeated": ("Last year repeated", "money"),
    "repeats": ("Repeat orders so far", "text"),
    "rmse": ("RMSE", "number"),
    "standard_error": ("Standard error", "number"),
    "told": ("Told against last year", "text"),
    "top_decile": ("First tenth", "share"),
    "value": ("Value", "money"),
    "value_share": ("Share of value", "share"),
    "wape": ("WAPE", "share"),
    "what": ("What was found", "text"),
    "whole_coverage": ("Inside, whole orders", "share"),
}
