"""Words of effort: minutes, people, owners, delivered."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    "contacts_unsaid": "No contact of the year to {day} says who began it (us or them), so those that accounts asked "
    "for cannot be told from ours.",
    "contacts_untimed": "No contact of the year to {day} tells its minutes (above 0, up to {longest}), so how long "
    "contacts take is not known.",
    "owner_deal": "new to the team; goes to who has most room in it",
    "owner_family": "goes to the owner of another account of its group",
    "owner_nobody_named": "the book names none of our people",
    "owner_no_hours": "nobody of the team has hours",
    "owner_no_team": "no team is planned",
    "owner_team_empty": "the team has nobody",
    "owner_office": "new to the team; goes to who has most room in it at its sales office",
    "owner_stays": "stays with its owner",
    "purpose_none": "No contact is told of the year to {day}.",
    "purpose_other": "other purposes",
    "purpose_unsaid": "not said",
    "verdict_as_planned": "as planned",
    "verdict_less": "less than planned",
    "verdict_more": "more",
    "verdict_untouched": "had no contact",
    "verdict_on_request": "only on request",
    "verdict_rule": "Without any contact and only on request are told of accounts with which visits or calls are "
    "planned. Less or more than planned are accounts with so few or so many visits and calls of ours that chance "
    "explains them in at most 1 of 40 such accounts; of all others the difference is within chance.",
    "work_assumed_calls": "The book tells too few minutes of calls: {minutes} minutes a call are assumed, of no known "
    "uncertainty.",
    "work_assumed_visits": "The book tells too few minutes of visits: {minutes} minutes a visit are assumed, of no "
    "known uncertainty.",
    "work_no_hours": "No hours of our people are known, so how many are needed cannot be told.",
    "work_no_minutes": "Contacts of the trailing year tell no minutes, so what our people carry is not known; set "
    "capacity, in hours of contacts a year.",
    "work_over": "Contacts are to take {hours} hours a year, more than the {working} hours that {people} people work: "
    "hours_per_week or the minutes of contacts are wrong.",
    "work_scaled": "Contacts reach back {days} days and were brought to a year.",
    "work_set": "Contacts may take {hours} hours a year, as was set: {share} of the {working} hours that {people} "
    "people work.",
    "work_taken": "Contacts took {hours} hours in the trailing year, {share} of the {working} hours that {people} "
    "people work. The plan is measured by these hours, which they have carried; what they do in the others the book "
    "does not tell.",
    "work_unasked": "The book does not tell which contacts accounts asked for, so the plan holds only those we begin.",
    "work_unsaid": "{n} contacts of the trailing year ({share}) do not say who began them, and count as asked for.",
    "work_untimed": "{n} contacts of the trailing year ({share}) tell no minutes; each counts with the mean of those "
    "of its kind that do.",
}

COLUMNS: Words = {
    "accounts_planned": ("Accounts planned", "count"),
    "accounts_today": ("Accounts today", "count"),
    "as_planned": ("Difference within chance", "count"),
    "begun_by": ("Begun by", "text"),
    "calls_made": ("Calls we made", "count"),
    "calls_planned": ("Calls planned", "count"),
    "contacts_ours": ("Contacts we began", "count"),
    "contacts_theirs": ("Contacts they asked for", "count"),
    "hours_there": ("Hours for contacts a year", "count"),
    "minutes_each_planned": ("Minutes per account planned", "number"),
    "minutes_each_today": ("Minutes per account today", "number"),
    "minutes_high": ("Minutes planned, 90% to", "count"),
    "minutes_low": ("Minutes planned, 90% from", "count"),
    "minutes_planned": ("Minutes of contacts planned", "count"),
    "minutes_ours": ("Minutes of contacts we began", "count"),
    "minutes_theirs": ("Minutes of contacts they asked for", "count"),
    "minutes_today": ("Minutes of contacts today", "count"),
    "missing_high": ("Missing, 90% to", "number"),
    "missing_low": ("Missing, 90% from", "number"),
    "less": ("Accounts with less than planned", "count"),
    "more": ("Accounts with more than planned", "count"),
    "untouched": ("Accounts without any contact", "count"),
    "on_request": ("Accounts only on request", "count"),
    "owner_why": ("Why this owner", "text"),
    "people_missing": ("People missing", "number"),
    "people_needed": ("People needed", "number"),
    "people_there": ("People there", "number"),
    "proactive": ("Of the contacts, begun by us", "share"),
    "proactive_minutes": ("Of the minutes, begun by us", "share"),
    "purpose": ("Purpose", "text"),
    "visits_made": ("Visits we made", "count"),
    "visits_planned": ("Visits planned", "count"),
}
