"""What can be wrong with a schedule. Codes never change; the sentences say where, why, and what to write instead.

``field`` is the input at fault (``expression``, ``zone``, ``interval``, …); the parameter ``where`` is the place
inside a cron expression, as words that are translated.
"""

from __future__ import annotations

from kernel.errors import N_, Invalid


class ScheduleError(Invalid):
    """A schedule that can't be taken."""

    code = "schedule.invalid"


class CronError(ScheduleError):
    """A cron expression that can't be read, or that would never fire."""

    code = "cron.invalid"

    def __init__(self, template: str | None = None, /, **params: object) -> None:
        super().__init__(template, field="expression", **params)


class Empty(CronError):
    code = "cron.empty"
    template = N_("There is no cron expression. Write five fields, for example 0 9 * * MON-FRI.")


class TooLong(CronError):
    code = "cron.too_long"
    template = N_(
        "The expression is %(length)s characters long; %(limit)s is the most. Split it into several triggers."
    )


class TooFewFields(CronError):
    code = "cron.too_few_fields"
    template = N_(
        "The expression has %(count)s of the 5 fields it needs: minute, hour, day of month, month, weekday. "
        "Write * for a field that does not matter."
    )


class TooManyFields(CronError):
    code = "cron.too_many_fields"
    template = N_(
        "The expression has %(count)s fields; it may have 5 (minute, hour, day of month, month, weekday), "
        "or 6 with seconds first. Lists are written without spaces: 1,2,3."
    )


class YearField(CronError):
    code = "cron.year_field"
    template = N_(
        "The expression has 7 fields, as in Quartz. The last one, the year, is not supported: "
        "leave it out and set when the trigger starts and ends."
    )


class UnknownMacro(CronError):
    code = "cron.unknown_macro"
    template = N_("%(text)s is not known. Write one of %(known)s, or five fields.")


class OutOfRange(CronError):
    code = "cron.out_of_range"
    template = N_("%(where)s: %(value)s is out of range %(low)s–%(high)s.")


class UnknownName(CronError):
    code = "cron.unknown_name"
    template = N_(
        "%(where)s: %(text)s is not a name that is known here. Write one of %(known)s, or a number."
    )


class NoNames(CronError):
    code = "cron.no_names"
    template = N_("%(where)s: %(text)s is a word; only numbers %(low)s–%(high)s can stand here.")


class BadStep(CronError):
    code = "cron.bad_step"
    template = N_("%(where)s: the step in %(text)s has to be a whole number from 1 to %(high)s.")


class StepTooLarge(CronError):
    code = "cron.step_too_large"
    template = N_(
        "%(where)s: a step of %(step)s never fits into the %(size)s values of this field, so %(text)s would not mean "
        "every %(step)s. Use an interval trigger instead."
    )


class EmptyItem(CronError):
    code = "cron.empty_item"
    template = N_(
        "%(where)s: there is nothing before or after a comma in %(text)s. Lists are written without spaces: 1,2,3."
    )


class Unreadable(CronError):
    code = "cron.unreadable"
    template = N_(
        "%(where)s: %(text)s can't be read. Write a number, a range 1-5, a list 1,3,5, a step */5, or * for every one."
    )


class Unsupported(CronError):
    code = "cron.unsupported"
    template = N_("%(where)s: %(text)s is not supported.")


class Misplaced(CronError):
    code = "cron.misplaced"
    template = N_("%(where)s: %(text)s can't stand here.")


class BadNth(CronError):
    code = "cron.bad_nth"
    template = N_(
        "%(where)s: %(text)s needs one weekday and a number from 1 to 5, for example MON#2 for the second Monday."
    )


class AmbiguousWeekday(CronError):
    code = "cron.ambiguous_weekday"
    template = N_(
        "%(where)s: with ? the expression looks like Quartz, where Sunday is 1; here Sunday is 0 and Monday is 1. "
        "Write %(text)s with names, for example MON-FRI, so that there is no doubt."
    )


class NeverFires(CronError):
    code = "cron.never_fires"
    template = N_("The expression would never fire: no date fits day of month, month and weekday together.")


class UnknownZone(ScheduleError):
    code = "schedule.unknown_zone"
    template = N_(
        "%(zone)s is not a time zone that is known here. Write a name such as Europe/Berlin or Asia/Shanghai."
    )


class UnknownKind(ScheduleError):
    code = "schedule.unknown_kind"
    template = N_("%(kind)s is not a kind of schedule. Choose cron, interval or once.")


class Missing(ScheduleError):
    code = "schedule.missing"
    template = N_("This kind of schedule needs a value here.")


class IntervalTooShort(ScheduleError):
    code = "schedule.interval_too_short"
    template = N_("The interval is %(seconds)s seconds; 1 second is the least.")


class IntervalTooLong(ScheduleError):
    code = "schedule.interval_too_long"
    template = N_("The interval is %(days)s days; %(limit)s days is the most.")


class NaiveTime(ScheduleError):
    code = "schedule.naive_time"
    template = N_("%(time)s says no time zone. Add one, for example %(time)s+00:00.")


class TimeOutOfRange(ScheduleError):
    code = "schedule.time_out_of_range"
    template = N_("%(time)s is too far away. Choose a time between the years 1970 and 9998.")


class EmptyWindow(ScheduleError):
    code = "schedule.empty_window"
    template = N_("The trigger would end at %(end)s, which is not after its start at %(start)s.")


class NeverInWindow(ScheduleError):
    code = "schedule.never_in_window"
    template = N_(
        "The trigger would never fire: no fire time lies between its start %(start)s and its end %(end)s."
    )
