"""For every rule of single rows a row that breaks it and one that nearly does, in one small company."""

from __future__ import annotations

from dataclasses import dataclass

HEADS = {
    "accounts": "account_id,name,group_id,rep_id,stage,key_account,known_since",
    "orders": "line_id,order_id,account_id,ordered_on,revenue,cost,currency,state,promised_on,shipped_on",
    "invoices": "invoice_id,account_id,issued_on,due_on,paid_on,amount,written_off_on",
    "complaints": "complaint_id,account_id,opened_on,closed_on,order_id",
    "surveys": "account_id,respondent_id,answered_on,item,score,scale_min,scale_max,respondent_type",
    "survey_invitations": "account_id,sent_on,respondent_id",
    "interactions": "account_id,rep_id,happened_on,minutes",
    "spend": "period_start,period_end,activity,amount,account_id",
    "opportunities": "opportunity_id,account_id,opened_on,closed_on,expected_close,rep_id",
    "stage_changes": "opportunity_id,stage,entered_on",
    "contracts": "contract_id,account_id,signed_on,starts_on,ends_on,ended_on",
    "contacts": "contact_id,account_id,known_since",
    "exits": "account_id,left_on,known_on",
    "reps": "rep_id,name,from_date,to_date",
    "summaries": "account_id,rep_id,written_on",
}
BASE = {
    "accounts": ["A1,Alder,,R1,partner,yes,2020-01-01", "A2,Birch,A1,R1,prospect,no,2020-01-01"],
    "orders": [
        "L1,O1,A1,2024-01-10,10.50,6,EUR,valid,2024-01-20,2024-01-19",
        "L2,O2,A2,2024-02-10,20,,EUR,valid,2024-02-20,",
    ],
    "survey_invitations": ["A1,2024-01-02,P1", "A2,2024-01-02,"],
    "opportunities": ["D1,A1,2024-01-05,,2024-03-01,R1"],
    "reps": ["R1,Ruth,2020-01-01,"],
}
TOML = """name = "Cases"
currency = "EUR"
extracted_on = 2024-02-29
"""


@dataclass(frozen=True)
class Case:
    """Rows of a table that break a rule in a column on `rows` rows, and rows that keep every rule."""

    rule: str
    table: str
    column: str
    broken: str
    near: str
    rows: int = 1


def order(name: str, day: str = "2024-02-01", revenue: str = "8", rest: str = ",EUR,valid,,") -> str:
    return f"{name},O-{name},A1,{day},{revenue},{rest}"


CASES = [
    Case("broken_record", "orders", "", "ragged,O,A1,2024-01-11,1", order("whole")),
    Case("missing_key", "orders", "line_id", order(""), order("0")),
    Case("missing_key", "orders", "account_id", "n1,O1,,2024-01-11,1,,,,,", "n1,O1, A1 ,2024-01-11,1,,,,,"),
    Case("missing_value", "orders", "revenue", order("empty", revenue=""), order("zero", revenue="0")),
    Case("unparseable_date", "orders", "ordered_on", order("d", "14/01/2024"), order("d", "2024-01-14T23:59:59")),
    Case("unparseable_date", "orders", "shipped_on", order("s", rest=",,,,soon"), order("s", rest=",,,,2024-02-02")),
    Case("not_finite", "orders", "revenue", order("inf", revenue="-inf"), order("big", revenue="-1e9")),
    Case("not_a_number", "orders", "cost", order("c", rest="n/a,,,,"), order("c", rest="+1.50,,,,")),
    Case("not_a_number", "orders", "revenue", order("huge", revenue="1e15"), order("large", revenue="9e13")),
    Case("not_a_flag", "accounts", "key_account", "F1,,,,,maybe,2020-01-01", "F1,,,,, Y ,2020-01-01"),
    Case("absurd_date", "contacts", "known_since", "C1,A1,1970-01-01", "C1,A1,1970-01-02"),
    Case("absurd_date", "accounts", "known_since", "E1,,,,,,1900-01-01", "E1,,,,,,1900-01-02"),
    Case("future_date", "orders", "ordered_on", order("late", "2024-03-01"), order("late", "2024-02-29")),
    Case("off_scale", "surveys", "score", "A1,P1,2024-01-09,q1,11,0,10,", "A1,P1,2024-01-09,q1,10,0,10,"),
    Case("off_scale", "surveys", "score", "A1,P1,2024-01-09,q2,0.5,1,5,", "A1,P1,2024-01-09,q2,1,1,5,"),
    Case("off_scale", "surveys", "scale_max", "A1,P1,2024-01-09,q3,5,5,5,", "A1,P1,2024-01-09,q3,,,5,"),
    Case(
        "empty_term", "contracts", "ends_on", "K1,A1,2024-01-01,2024-02-02,2024-02-01,", "K1,A1,2024-01-01,,2024-02-01,"
    ),
    Case("empty_term", "reps", "to_date", "R2,Rolf,2024-02-02,2024-02-01", "R2,Rolf,2024-02-02,2024-02-02"),
    Case("void_document", "orders", "state", order("v", rest=",EUR,Void,,"), order("v", rest=",EUR,,,")),
    Case("other_currency", "orders", "currency", order("usd", rest=",USD,,,"), order("usd", rest=",eur,,,")),
    Case(
        "repeated_row",
        "contacts",
        "contact_id",
        "C2,A1,2024-01-01\nC2,A1, 2024-01-01",
        "C2,A1,2024-01-01\nc2,A1,2024-01-01",
    ),
    Case(
        "duplicate_key",
        "invoices",
        "invoice_id",
        "I1,A1,2024-01-01,,,5,\nI1,A1,2024-01-01,,,6,",
        "I1,A1,2024-01-01,,,5,",
    ),
    Case("unknown_account", "orders", "account_id", "o1,O1,a1,2024-01-11,1,,,,,", "o1,O1,A1,2024-01-11,1,,,,,"),
    Case("unknown_account", "spend", "account_id", ",2024-01-31,calls,5,A9", ",2024-01-31,calls,5,"),
    Case("unknown_account", "summaries", "account_id", "A9,R1,2024-01-31", "A2,R1,2024-01-31"),
    Case("unknown_opportunity", "stage_changes", "opportunity_id", "D9,offer,2024-01-31", "D1,offer,2024-01-31"),
    Case("ordered_before_known", "accounts", "known_since", "B1,,,,,,2024-01-02", "B1,,,,,,2024-01-01"),
    Case("known_date_missing", "accounts", "known_since", "M1,,,,,,", "M1,,,,,,2020-01-01"),
    Case("known_date_missing", "contacts", "known_since", "C3,A1,", "C3,A1,2020-01-01"),
    Case(
        "settles_after_extract",
        "orders",
        "shipped_on",
        order("t", rest=",,,,2024-03-01"),
        order("t", rest=",,,2024-03-01,"),
    ),
    Case(
        "dates_out_of_order",
        "orders",
        "promised_on",
        order("p", rest=",,,2024-01-31,"),
        order("p", rest=",,,2024-02-01,"),
    ),
    Case(
        "dates_out_of_order",
        "orders",
        "shipped_on",
        order("q", rest=",,,,2024-01-31"),
        order("q", rest=",,,,2024-02-01"),
    ),
    Case(
        "dates_out_of_order", "invoices", "due_on", "I2,A1,2024-01-02,2024-01-01,,5,", "I2,A1,2024-01-02,2024-01-02,,5,"
    ),
    Case(
        "dates_out_of_order",
        "invoices",
        "paid_on",
        "I3,A1,2024-01-02,,2024-01-01,5,",
        "I3,A1,2024-01-02,,2024-01-02,5,",
    ),
    Case(
        "dates_out_of_order",
        "invoices",
        "written_off_on",
        "I4,A1,2024-01-02,,,5,2024-01-01",
        "I4,A1,2024-01-02,,,5,2024-01-02",
    ),
    Case(
        "dates_out_of_order",
        "complaints",
        "closed_on",
        "X1,A1,2024-01-02,2024-01-01,O1",
        "X1,A1,2024-01-02,2024-01-02,O1",
    ),
    Case("dates_out_of_order", "spend", "period_end", "2024-01-02,2024-01-01,x,1,A1", "2024-01-02,2024-01-02,x,1,A1"),
    Case(
        "dates_out_of_order",
        "opportunities",
        "closed_on",
        "D2,A1,2024-01-02,2024-01-01,,",
        "D2,A1,2024-01-02,2024-01-02,,",
    ),
    Case(
        "dates_out_of_order",
        "opportunities",
        "expected_close",
        "D3,A1,2024-01-02,,2024-01-01,",
        "D3,A1,2024-01-02,,2025-01-01,",
    ),
    Case(
        "dates_out_of_order", "contracts", "ended_on", "K2,A1,2024-01-02,,,2024-01-01", "K2,A1,2024-01-02,,,2024-01-02"
    ),
    Case("dates_out_of_order", "exits", "known_on", "A2,2024-01-02,2024-01-01", "A2,2024-01-02,2024-01-02"),
    Case("alike_key", "accounts", "account_id", "00k1,,,,,,2020-01-01\nK1,,,,,,2020-01-01", "K10,,,,,,2020-01-01", 2),
    Case("mangled_key", "accounts", "account_id", "1.2E+05,,,,,,2020-01-01", "1.2E-05,,,,,,2020-01-01"),
    Case(
        "nested_group",
        "accounts",
        "group_id",
        "G1,,G2,,,,2020-01-01\nG2,,G3,,,,2020-01-01\nG3,,G3,,,,2020-01-01",
        "G1,,G2,,,,2020-01-01\nG2,,G2,,,,2020-01-01\nG3,,G2,,,,2020-01-01",
    ),
    Case("nested_group", "accounts", "group_id", "Y1,,Y2,,,,2020-01-01\nY2,,Y1,,,,2020-01-01", "", 2),
    Case("group_cycle", "accounts", "group_id", "", "Y1,,Y2,,,,2020-01-01\nY2,,,,,,2020-01-01", 2),
    Case("unknown_order", "complaints", "order_id", "X2,A1,2024-01-02,,O9", "X2,A1,2024-01-02,,"),
    Case("unknown_rep", "interactions", "rep_id", "A1,R9,2024-01-02,10", "A1,,2024-01-02,10"),
    Case("unknown_rep", "accounts", "rep_id", "U1,,,R9,,,2020-01-01", "U1,,,R1,,,2020-01-01"),
    Case("unknown_rep", "summaries", "rep_id", "A1,R9,2024-01-30", "A1,R1,2024-01-30"),
    Case("unknown_rep", "opportunities", "rep_id", "D4,A1,2024-01-02,,,R9", "D4,A1,2024-01-02,,,R1"),
    Case("never_invited", "surveys", "respondent_id", "A1,P2,2024-01-09,q4,5,,,", "A2,P2,2024-01-09,q4,5,,,"),
    Case("never_invited", "surveys", "respondent_id", "U1,P1,2024-01-09,q5,5,,,", "U1,P3,2024-01-09,q5,5,,,internal"),
    Case("unknown_level", "accounts", "stage", "V1,,,,Partner,,2020-01-01", "V1,,,,partner,,2020-01-01"),
    Case("unknown_level", "orders", "state", order("w", rest=",,cancelled,,"), order("w", rest=",,valid,,")),
    Case("spans_lines", "orders", "", '"two\nlines",O,A1,2024-02-01,8,,,,,', '"quoted, once",O,A1,2024-02-01,8,,,,,'),
    Case("rounded_amount", "orders", "", order("r", revenue="0.00005"), order("r", revenue="0.00010")),
]
"""In the order of RULES. Two rows of one rule and column are counted together."""


def files(which: str) -> dict[str, str]:
    """The company's files with the `broken` or the `near` rows."""
    rows = {table: list(BASE.get(table, [])) for table in HEADS}
    if which == "broken":
        rows["orders"].append("before,O1,B1,2024-01-01,1,,,,,")
    else:
        rows["orders"].append("before,O1,B1,2024-01-02,1,,,,,")
    for case in CASES:
        if text := getattr(case, which):
            rows[case.table].append(text)
    return {f"{table}_csv": "\n".join([HEADS[table], *lines]) + "\n" for table, lines in rows.items()}
