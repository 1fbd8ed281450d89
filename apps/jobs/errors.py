from kernel.errors import N_, Conflict, Invalid, NotFound


class StaleMove(Conflict):
    """The run has moved on since the caller looked; nothing was written."""

    code = "run.stale_move"
    template = N_('Run %(run_id)s can\'t become "%(to)s" any more: it has moved on.')


class RunEnded(Conflict):
    code = "run.ended"
    template = N_('The run has already ended as "%(state)s".')


class JobDeleted(Conflict):
    code = "job.deleted"
    template = N_('Job "%(name)s" has been deleted, so it can\'t run.')


class NameTaken(Invalid):
    code = "job.name_taken"
    template = N_('There is already a job named "%(name)s".')


class NoSuchOwner(Invalid):
    code = "job.no_such_owner"
    template = N_('There is nobody named "%(name)s" who can sign in.')


class TooManyTags(Invalid):
    code = "job.too_many_tags"
    template = N_("A job can have at most %(most)d tags.")


class UnknownDatasource(Invalid):
    code = "job.unknown_datasource"
    template = N_("There is no such datasource, or you may not use it.")


class NoSuchVersion(NotFound):
    code = "job.no_such_version"
    template = N_("The job has no version %(number)s.")


class NoResult(NotFound):
    code = "run.no_result"
    template = N_("The run has handed back no such result.")


class NotExpected(Conflict):
    """Somebody else saved the job meanwhile."""

    code = "job.changed_meanwhile"
    template = N_(
        "The job was changed meanwhile: it is at version %(now)s, you started from %(yours)s. "
        "Load it again, then save."
    )
