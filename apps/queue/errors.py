from kernel.errors import N_, Conflict


class LeaseLost(Conflict):
    """The caller's lease on a run has passed to somebody else; what it has to say comes too late."""

    code = "queue.lease_lost"
    template = N_("Attempt %(epoch)s no longer holds run %(run_id)s.")
