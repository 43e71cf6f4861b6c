"""Words of the first page: the paragraph, tiles, what changed, what to decide."""

from __future__ import annotations

from crm_analysis.labels.kinds import Words

LABELS: dict[str, str] = {
    # --- headings and what stands around ---
    "front_told": "The quarter in short",
    "front_intervals": "In brackets: the range in which an estimate may lie; its page says how surely.",
    "front_tiles": "Key figures",
    "front_tiles_year": "Figures of the year and of the year before; the line shows the year at the end of each "
    "quarter. Better and worse are said only of what chance hardly ever makes.",
    "front_tiles_quarter": "Figures of the quarter and of the same quarter a year before; the line shows one each. "
    "Better and worse are said only of what chance hardly ever makes.",
    "front_tiles_to_date": "Figures of the year so far and of as much of the year before; the line shows them at the "
    "end of each quarter. Better and worse are said only of what chance hardly ever makes.",
    "front_changes": "Three things that changed",
    "front_changes_fewer": "What changed",
    "front_decisions": "Three decisions to take",
    "front_decisions_fewer": "Decisions to take",
    "front_downloads": "Files: lists, tables, manifest",
    "front_assumptions_many": "{n} assumptions this report rests on",
    "front_assumptions_one": "1 assumption this report rests on",
    "front_before": "a year ago {value} ({change})",
    "front_before_none": "a year ago not known",
    "front_list": "the list",
    "front_more": "More",
    "front_who": "Who acts: {who}.",
    "front_stake": "At stake: {worth}.",
    "front_worth": "Worth: {worth}.",
    "front_table_rows": "({n} rows)",
    "front_pdf": "All pages of this report, to print or to send",
    "front_so_far": "Its effect so far: {parts}.",
    "to_decide": "To decide",
    "spark_alt": "{kpi}, {first} to {last}: from {begin} to {end}; lowest {low}, highest {high}.",
    "spark_none": "{kpi}: fewer than two quarters can be told.",
    "tile_better": "better",
    "tile_worse": "worse",
    "tile_changed": "changed",
    "tile_same": "could be chance",
    "tile_unknown": "not known",
    "tile_untested": "not tested",
    # --- the paragraph ---
    "front_revenue": "Revenue was {money} in the {window} to {day}{change}, from {active}; the first 20% of them "
    "brought {share}.",
    "front_leaving": "Of {accounts}, {leavers} are expected to leave within {horizon} ({low} to {high}), which puts "
    "{money} {kind} at risk ({low_money} to {high_money}).",
    "front_leaving_cost": "Of {accounts}, {leavers} are expected to leave within {horizon} ({low} to {high}).",
    "front_kept": "Of the accounts there on {first}, {share} still were a year later ({low}% to {high}%).",
    "front_content": "Satisfaction is {points} of 100 ({low} to {high}) by the answers of {accounts}.",
    "front_complaints": "There were {rate} complaints per 100 orders ({low} to {high}).",
    "front_cut": "{cut} of {low} may be cut, and with {confidence} confidence that takes at most {alpha} of those that "
    "will grow.",
    "front_cut_moved": "By the guard {cut} of {low} may be cut, but accounts have moved since it was tested.",
    "front_cut_unsafe": "No small account may be cut safely yet: {cases} known to have grown, and {needed} are needed.",
    "front_cut_nobody": "None of {low} may be cut now.",
    "front_programme": "Whether the programme worked: {verdict}; {parts}.",
    "front_programme_short": "Whether the programme worked: {verdict}.",
    "front_figures": "Of the company's figures that can be compared with a year ago, changed beyond chance: {what}.",
    "front_headline": "{heading}: {value}.",
    # --- what changed ---
    "front_change": "{kpi}: {now} now, {before} {against}; {light}, by {change}.",
    "front_moved": "{kpi}: {now} now, {before} {against}, a change of {change}.",
    "front_change_of": "{kpi}, {whom}: {now} now, {before} {against}; {light}, by {change}.",
    "front_against_year": "a year ago",
    "front_against_quarter": "last quarter (season taken off the change)",
    "front_nothing": "None of {of} figures of the company changed in a year by more than chance can explain.",
    "front_nothing_told": "No figure of the company can be compared with a year ago yet.",
    "front_most": "What moved most, and still may be chance: {what}",
    "front_most_next": "After that, and as likely chance: {what}",
    # --- decisions ---
    "decide_call": "Call {accounts} that may leave and are worth most, {first} first.",
    "decide_call_worth": "{money} {kind} at risk with them ({low} to {high})",
    "decide_call_year": "{money} {kind} of last year at risk with them ({low} to {high})",
    "decide_call_who": "the sales people who have them",
    "decide_cut": "Stop active service for {accounts}, in steps that can be taken back; {expected} of them are "
    "expected to grow if served.",
    "decide_cut_worth": "{freed} freed a year",
    "decide_cut_both": "{minutes} and {cost}",
    "decide_cut_who": "sales administration",
    "decide_ask": "Cut nobody yet, and ask {accounts} that a survey can settle, {first} first.",
    "decide_ask_worth": "{money} a year expected from deciding better, after {cost} for asking; how sure that is "
    "cannot be told",
    "decide_ask_who": "sales administration",
    "decide_wait": "Cut nobody yet: that takes {needed}.",
    "decide_wait_who": "management, by waiting with goodbyes",
    "decide_serve": "Serve {given} more and {freed} less, by the plan.",
    "decide_serve_worth": "{freed} freed and {given} given a year",
    "decide_serve_who": "the heads of the teams",
    "decide_improve": "Improve {dimension} where accounts rate it low: it comes first for {accounts}.",
    "decide_improve_worth": "these accounts stand for {money} {kind}; {share} of all priority, which is "
    "{low} to {high} of 1,000 points",
    "decide_improve_money": "{money} {kind} a year ({low} to {high}) go with it",
    "decide_improve_who": "whoever is responsible for {dimension}",
    "decide_go_on": "Go on with the programme {name}: it did what it was to do.",
    "decide_look": "Look at the programme {name} before it goes on: something got worse by it.",
    "decide_prove": "Decide how the programme {name} is to be judged: its effect is not shown either way.",
    "front_effect": "{outcome} {effect}",
    "decide_programme_who": "management",
    "decide_left_out_many": "{n} more are to be called first: until then their service stays as it is, whatever the "
    "list says.",
    "decide_left_out_one": "1 more is to be called first: until then its service stays as it is, whatever the "
    "list says.",
    "tells_hold_back": "Only units that start later than others would tell.",
    "tells_time": "More quarters would tell, with some units held back.",
}

COLUMNS: Words = {}
