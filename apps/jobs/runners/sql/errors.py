"""What may be wrong with a SQL job, one class for each cause."""

from __future__ import annotations

from kernel.errors import N_, JobError


class NothingToRun(JobError):
    code = "sql.empty"
    template = N_("The SQL text holds no statement, only comments and blanks.")


class Unterminated(JobError):
    code = "sql.unterminated"
    template = N_("Line %(line)d: %(what)s begins here and does not end.")


class ClientCommand(JobError):
    code = "sql.client_command"
    template = N_(
        "Line %(line)d: DELIMITER is a command of the mysql program, not SQL. Leave it out: a routine's body is recognised."
    )


class TransactionControl(JobError):
    code = "sql.transaction_control"
    template = N_(
        "Statement %(statement)d, line %(line)d: %(word)s is not allowed. "
        "The statements of a run share one transaction, which the platform begins and commits."
    )


class MissingParameter(JobError):
    code = "sql.missing_parameter"
    template = N_('Statement %(statement)d, line %(line)d: the run has no parameter "%(name)s".')


class BadParameter(JobError):
    code = "sql.bad_parameter"
    template = N_("Statement %(statement)d: the driver can't send a parameter: %(message)s")


class WritesRefused(JobError):
    code = "sql.read_only"
    template = N_(
        "Statement %(statement)d, line %(line)d writes, or could: the datasource or the job is read-only."
    )


class NotAllowed(JobError):
    code = "sql.not_allowed"
    template = N_(
        "Statement %(statement)d, line %(line)d: SQLite may open no other file here, load no library "
        "and change no setting of the process."
    )


class StatementFailed(JobError):
    """The server refused a statement. ``state`` is its SQLSTATE, ``errno`` its own number; either may be empty."""

    code = "sql.error"
    template = N_("Statement %(statement)d, line %(line)d: %(message)s")
    with_column = N_("Statement %(statement)d, line %(line)d, column %(column)d: %(message)s")


class BadSyntax(StatementFailed):
    code = "sql.syntax_error"


class CommitFailed(JobError):
    """A deferred constraint, or a serialization failure: found out at the very end."""

    code = "sql.commit_failed"
    template = N_("All statements ran, but the commit failed and nothing is kept: %(message)s")


class CommitUnknown(JobError):
    code = "sql.commit_unknown"
    template = N_("The connection broke during the commit: whether the changes are kept is not known.")


class ConnectionLost(JobError):
    code = "sql.connection_lost"
    template = N_(
        "The connection to the database broke at statement %(statement)d; nothing is kept: %(message)s"
    )


class StatementTimeout(JobError):
    code = "sql.statement_timeout"
    template = N_(
        "Statement %(statement)d, line %(line)d ran longer than the %(seconds)g s that the datasource allows."
    )


class RunTimeout(JobError):
    code = "sql.timeout"
    template = N_("The run took longer than its %(seconds)g s and was stopped; nothing is kept.")


class Cancelled(JobError):
    code = "sql.cancelled"
    template = N_("The run was cancelled; nothing is kept.")
