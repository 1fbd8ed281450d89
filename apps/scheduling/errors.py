from kernel.errors import N_, NotFound


class NoSuchJob(NotFound):
    code = "trigger.no_such_job"
    template = N_("There is no such job, or you may not see it.")
