"""Bad expressions: the exact sentence that the author of each gets to read."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.scheduling.domain import cron, phrases
from apps.scheduling.domain.errors import CronError
from apps.scheduling.domain.schedules import Schedule

EXPRESSIONS = [
    ("", "cron.empty", "There is no cron expression. Write five fields, for example 0 9 * * MON-FRI."),
    (
        "* * * *",
        "cron.too_few_fields",
        "The expression has 4 of the 5 fields it needs: minute, hour, day of month, month, weekday. Write * for a field that does not matter.",
    ),
    (
        "0 9 * * 1 2026",
        "cron.out_of_range",
        "weekday: 2026 looks like a year, and years are not supported. Leave it out and set when the trigger starts and ends.",
    ),
    (
        "0 0 9 * * ? 2026",
        "cron.year_field",
        "The expression has 7 fields, as in Quartz. The last one, the year, is not supported: leave it out and set when the trigger starts and ends.",
    ),
    (
        "* * * * * * * *",
        "cron.too_many_fields",
        "The expression has 8 fields; it may have 5 (minute, hour, day of month, month, weekday), or 6 with seconds first. Lists are written without spaces: 1,2,3.",
    ),
    ("61 * * * *", "cron.out_of_range", "minute: 61 is out of range 0–59."),
    ("60 * * * *", "cron.out_of_range", "minute: 60 is out of range 0–59; counting starts at 0."),
    ("60 0 0 * * *", "cron.out_of_range", "second: 60 is out of range 0–59; counting starts at 0."),
    ("0 24 * * *", "cron.out_of_range", "hour: 24 is out of range 0–23; midnight is 0."),
    ("0 25 * * *", "cron.out_of_range", "hour: 25 is out of range 0–23."),
    ("0 0 0 * *", "cron.out_of_range", "day of month: 0 is out of range 1–31; counting starts at 1."),
    ("0 0 32 * *", "cron.out_of_range", "day of month: 32 is out of range 1–31; counting starts at 1."),
    ("0 0 1 0 *", "cron.out_of_range", "month: 0 is out of range 1–12; counting starts at 1."),
    ("0 0 1 13 *", "cron.out_of_range", "month: 13 is out of range 1–12; counting starts at 1."),
    ("0 0 * * 8", "cron.out_of_range", "weekday: 8 is out of range 0–7; Monday is 1, and Sunday is 0 or 7."),
    ("*/0 * * * *", "cron.bad_step", "minute: the step in */0 has to be a whole number from 1 to 60."),
    ("*/ * * * *", "cron.bad_step", "minute: the step in */ has to be a whole number from 1 to 60."),
    ("*/x * * * *", "cron.bad_step", "minute: the step in */X has to be a whole number from 1 to 60."),
    (
        "*/90 * * * *",
        "cron.step_too_large",
        "minute: a step of 90 never fits into the 60 values of this field, so */90 would not mean every 90. Use an interval trigger instead.",
    ),
    (
        "0 */36 * * *",
        "cron.step_too_large",
        "hour: a step of 36 never fits into the 24 values of this field, so */36 would not mean every 36. Use an interval trigger instead.",
    ),
    (
        "-5 * * * *",
        "cron.unreadable",
        "minute: -5 can't be read. Write a number, a range 1-5, a list 1,3,5, a step */5, or * for every one.",
    ),
    (
        "1- * * * *",
        "cron.unreadable",
        "minute: 1- can't be read. Write a number, a range 1-5, a list 1,3,5, a step */5, or * for every one.",
    ),
    (
        "1,,2 * * * *",
        "cron.empty_item",
        "minute: there is nothing before or after a comma in 1,,2. Lists are written without spaces: 1,2,3.",
    ),
    (
        "1, * * * *",
        "cron.too_few_fields",
        "The expression has 4 of the 5 fields it needs: minute, hour, day of month, month, weekday. Write * for a field that does not matter.",
    ),
    (
        ",1 * * * *",
        "cron.empty_item",
        "minute: there is nothing before or after a comma in ,1. Lists are written without spaces: 1,2,3.",
    ),
    ("a * * * *", "cron.no_names", "minute: A is a word; only numbers 0–59 can stand here."),
    ("0 noon * * *", "cron.no_names", "hour: NOON is a word; only numbers 0–23 can stand here."),
    ("0 0 * MAI *", "cron.unknown_name", "month: MAI is not a name that is known here. Did you mean MAY?"),
    (
        "0 0 * * MONDAY",
        "cron.unknown_name",
        "weekday: MONDAY is not a name that is known here. Did you mean MON?",
    ),
    (
        "0 0 * * XYZ",
        "cron.unknown_name",
        "weekday: XYZ is not a name that is known here. Write one of SUN, MON, TUE, WED, THU, FRI, SAT, or a number.",
    ),
    ("MON 0 * * *", "cron.no_names", "minute: MON is a word; only numbers 0–59 can stand here."),
    (
        "0 0 * FOO *",
        "cron.unknown_name",
        "month: FOO is not a name that is known here. Write one of JAN, FEB, MAR, APR, MAY, JUN, JUL, AUG, SEP, OCT, NOV, DEC, or a number.",
    ),
    (
        "1.5 * * * *",
        "cron.unreadable",
        "minute: 1.5 can't be read. Write a number, a range 1-5, a list 1,3,5, a step */5, or * for every one.",
    ),
    (
        "1;2 * * * *",
        "cron.unreadable",
        "minute: 1;2 can't be read. Write a number, a range 1-5, a list 1,3,5, a step */5, or * for every one.",
    ),
    (
        "1..5 * * * *",
        "cron.unreadable",
        "minute: 1..5 can't be read. Write a number, a range 1-5, a list 1,3,5, a step */5, or * for every one.",
    ),
    (
        "$ * * * *",
        "cron.unreadable",
        "minute: $ can't be read. Write a number, a range 1-5, a list 1,3,5, a step */5, or * for every one.",
    ),
    (
        "** * * * *",
        "cron.unreadable",
        "minute: ** can't be read. Write a number, a range 1-5, a list 1,3,5, a step */5, or * for every one.",
    ),
    (
        "0 0 15W * *",
        "cron.unsupported",
        "day of month: 15W, the nearest working day, is not supported. Write a day, or L for the last one.",
    ),
    (
        "0 0 LW * *",
        "cron.unsupported",
        "day of month: LW, the nearest working day, is not supported. Write a day, or L for the last one.",
    ),
    (
        "0 0 L-3 * *",
        "cron.unsupported",
        "day of month: L-3, days before the last, is not supported. Write a day, or L for the last one.",
    ),
    (
        "L 0 * * *",
        "cron.misplaced",
        "minute: L can't stand here. L is the last day of the month in the field day of month; 5L is the last Friday in the field weekday.",
    ),
    (
        "0 0 * L *",
        "cron.misplaced",
        "month: L can't stand here. L is the last day of the month in the field day of month; 5L is the last Friday in the field weekday.",
    ),
    (
        "0 0 * * L",
        "cron.bad_nth",
        "weekday: L needs a weekday, for example 5L for the last Friday of the month.",
    ),
    (
        "0 0 MON#2 * *",
        "cron.misplaced",
        "day of month: MON#2 can't stand here. # belongs to the field weekday, for example MON#2.",
    ),
    (
        "0 0 * * MON#6",
        "cron.bad_nth",
        "weekday: MON#6 needs one weekday and a number from 1 to 5, for example MON#2 for the second Monday.",
    ),
    (
        "0 0 * * #2",
        "cron.bad_nth",
        "weekday: #2 needs one weekday and a number from 1 to 5, for example MON#2 for the second Monday.",
    ),
    (
        "0 0 * * MON#",
        "cron.bad_nth",
        "weekday: MON# needs one weekday and a number from 1 to 5, for example MON#2 for the second Monday.",
    ),
    (
        "0 0 * * MON-FRI#1",
        "cron.bad_nth",
        "weekday: MON-FRI#1 needs one weekday and a number from 1 to 5, for example MON#2 for the second Monday.",
    ),
    (
        "0 0 * * 8#1",
        "cron.out_of_range",
        "weekday: 8 is out of range 0–7; Monday is 1, and Sunday is 0 or 7.",
    ),
    (
        "H * * * *",
        "cron.unsupported",
        "minute: H, a number that Jenkins would choose, is not supported. Write the number itself.",
    ),
    (
        "H(0-29)/10 * * * *",
        "cron.unsupported",
        "minute: H(0-29)/10, a number that Jenkins would choose, is not supported. Write the number itself.",
    ),
    (
        "? * * * *",
        "cron.misplaced",
        "minute: ? can only stand for the day of month or the weekday. Write * for every minute.",
    ),
    (
        "0 0 ?/2 * *",
        "cron.misplaced",
        "day of month: ? stands alone or not at all. Write * for every day of month.",
    ),
    (
        "0 0 1,? * *",
        "cron.misplaced",
        "day of month: ? stands alone or not at all. Write * for every day of month.",
    ),
    (
        "0 0 31 2 *",
        "cron.never_fires",
        "day of month: 31 never comes in month 2, so the expression would never fire. Write L for the last day.",
    ),
    (
        "0 0 30,31 2 *",
        "cron.never_fires",
        "day of month: 30,31 never comes in month 2, so the expression would never fire. Write L for the last day.",
    ),
    (
        "0 0 31 4,6,9,11 *",
        "cron.never_fires",
        "day of month: 31 never comes in month 4,6,9,11, so the expression would never fire. Write L for the last day.",
    ),
    (
        "0 0 */30 * MON#2",
        "cron.never_fires",
        "The expression would never fire: no date fits day of month, month and weekday together.",
    ),
    (
        "@reboot",
        "cron.unknown_macro",
        "@reboot is not known. Write one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually, or five fields.",
    ),
    (
        "@every 5m",
        "cron.unknown_macro",
        "@every 5m is not known. For a fixed distance in time use an interval trigger.",
    ),
    (
        "@fortnightly",
        "cron.unknown_macro",
        "@fortnightly is not known. Write one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually, or five fields.",
    ),
    (
        "0 0 9 ? * 2-6",
        "cron.ambiguous_weekday",
        "weekday: with ? the expression looks like Quartz, where Sunday is 1; here Sunday is 0 and Monday is 1. Write 2-6 with names, for example MON-FRI, so that there is no doubt.",
    ),
    (
        "0 0 9 ? * 6L",
        "cron.ambiguous_weekday",
        "weekday: with ? the expression looks like Quartz, where Sunday is 1; here Sunday is 0 and Monday is 1. Write 6L with names, for example MON-FRI, so that there is no doubt.",
    ),
    ("5/ * * * *", "cron.bad_step", "minute: the step in 5/ has to be a whole number from 1 to 60."),
    ("5/2/2 * * * *", "cron.bad_step", "minute: the step in 5/2/2 has to be a whole number from 1 to 60."),
    (
        "1-2-3 * * * *",
        "cron.unreadable",
        "minute: 1-2-3 can't be read. Write a number, a range 1-5, a list 1,3,5, a step */5, or * for every one.",
    ),
    ("9999999999 * * * *", "cron.out_of_range", "minute: 9999999999 is out of range 0–59."),
    (
        "0 9 * * 1-",
        "cron.unreadable",
        "weekday: 1- can't be read. Write a number, a range 1-5, a list 1,3,5, a step */5, or * for every one.",
    ),
    ("周一 * * * *", "cron.no_names", "minute: 周一 is a word; only numbers 0–59 can stand here."),
    ("0 0 LAST * *", "cron.no_names", "day of month: LAST is a word; only numbers 1–31 can stand here."),
    (
        "0 0 * * LMON#2",
        "cron.unknown_name",
        "weekday: LMON is not a name that is known here. Did you mean MON?",
    ),
    (
        "0 0 * * FOOL",
        "cron.unknown_name",
        "weekday: FOOL is not a name that is known here. Write one of SUN, MON, TUE, WED, THU, FRI, SAT, or a number.",
    ),
    (
        "\x00 * * * *",
        "cron.unreadable",
        "minute: � can't be read. Write a number, a range 1-5, a list 1,3,5, a step */5, or * for every one.",
    ),
    ("0 0 1-32 * *", "cron.out_of_range", "day of month: 32 is out of range 1–31; counting starts at 1."),
    ("10-70 * * * *", "cron.out_of_range", "minute: 70 is out of range 0–59."),
    (
        "TZ=UTC 0 0 * * *",
        "cron.unreadable",
        "second: TZ=UTC can't be read. Write a number, a range 1-5, a list 1,3,5, a step */5, or * for every one.",
    ),
    (
        "5 4 * * sun,tues",
        "cron.unknown_name",
        "weekday: TUES is not a name that is known here. Did you mean TUE?",
    ),
]


@pytest.mark.parametrize(("expression", "code", "message"), EXPRESSIONS)
def test_a_bad_expression_is_refused_with_the_field_and_the_reason(expression, code, message):
    with pytest.raises(CronError) as refused:
        cron.parse(expression)

    assert (refused.value.code, refused.value.message) == (code, message)
    assert refused.value.field == "expression"
    assert refused.value.status == 400


def test_an_endless_expression_is_refused_before_it_is_read():
    with pytest.raises(CronError) as refused:
        cron.parse("1," * 5_000_000)

    assert refused.value.code == "cron.too_long"
    assert refused.value.message == (
        "The expression is 10000000 characters long; 255 is the most. Split it into several triggers."
    )


def test_the_field_is_translated_with_the_sentence_around_it():
    words = {
        "minute": "分钟",
        "%(where)s: %(value)s is out of range %(low)s–%(high)s.": "%(where)s：%(value)s 超出范围 %(low)s–%(high)s。",
    }

    with pytest.raises(CronError) as refused:
        cron.parse("61 * * * *")

    assert refused.value.render(lambda text: words.get(text, text)) == "分钟：61 超出范围 0–59。"


pieces = st.sampled_from(
    ["*", "?", "/", "-", ",", "#", "L", "W", "H", "0", "1", "5", "7", "31", "60", "MON", "FEB", "，", "x"]
)
fields = st.lists(pieces, min_size=1, max_size=4).map("".join)


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(fields, min_size=5, max_size=6).map(" ".join)))
def test_anything_is_either_refused_with_a_sentence_or_fires(text):
    try:
        parsed = cron.parse(text)
    except CronError as error:
        refusal = error.message
    else:
        refusal = ""
    if refusal:
        assert refusal.endswith((".", "?"))
        assert "%(" not in refusal
        assert refusal.isprintable()
        return
    start = datetime(2026, 1, 1)
    slot = parsed.next_wall(start)
    assert slot is not None
    assert slot > start
    assert str(phrases.describe(Schedule("cron", text)))
