"""Why a datasource can't be used, one class for each cause."""

from __future__ import annotations

from kernel.errors import N_, Conflict, Invalid, JobError


class ConnectError(JobError):
    """The connection did not come to stand. Retrying may help."""

    code = "datasource.connect_failed"
    template = N_("The database refused the connection: %(message)s")


class WrongPassword(ConnectError):
    code = "datasource.wrong_password"
    template = N_('The server %(host)s refuses the user "%(username)s" with this password.')
    without_encryption = N_(
        'The server %(host)s refuses the user "%(username)s" with this password, '
        "or takes it over an encrypted connection only."
    )


class UnknownDatabase(ConnectError):
    code = "datasource.unknown_database"
    template = N_('The server %(host)s has no database "%(database)s", or not for the user "%(username)s".')


class SslRequired(ConnectError):
    code = "datasource.ssl_required"
    template = N_(
        'The server %(host)s lets the user "%(username)s" in over an encrypted connection only, '
        'or not at all: set the option "ssl_mode" to "require".'
    )


class SslUnavailable(ConnectError):
    code = "datasource.ssl_unavailable"
    template = N_('The server %(host)s offers no encryption, and the option "ssl_mode" is "%(mode)s".')


class SslUntrusted(ConnectError):
    code = "datasource.ssl_untrusted"
    template = N_("The certificate of the server %(host)s is not trusted: %(message)s")


class NotPermitted(ConnectError):
    code = "datasource.not_permitted"
    template = N_('The server %(host)s does not let the user "%(username)s" in from this address.')


class TooManyConnections(ConnectError):
    code = "datasource.too_many_connections"
    template = N_('The server %(host)s has no free connection for the user "%(username)s".')


class NotThisServer(ConnectError):
    code = "datasource.not_this_server"
    template = N_("What answers at %(host)s:%(port)d is not a %(kind)s server.")


class FileMissing(ConnectError):
    code = "datasource.file_missing"
    template = N_('There is no file "%(path)s" in the tenant\'s folder.')


class OutsideFolder(ConnectError):
    code = "datasource.outside_folder"
    template = N_('"%(path)s" leads out of the tenant\'s folder.')


class NotADatabase(ConnectError):
    code = "datasource.not_a_database"
    template = N_('The file "%(path)s" is not a SQLite database.')


class NoFreeConnection(ConnectError):
    code = "datasource.no_free_connection"
    template = N_(
        "All %(limit)d connections of this worker to the datasource stayed in use for %(seconds)g s."
    )


class OwnDatabase(Invalid):
    code = "datasource.own_database"
    template = N_("This is the platform's own database; jobs may not connect to it.")


class NameTaken(Invalid):
    code = "datasource.name_taken"
    template = N_('There is another datasource with the name "%(name)s".')


class StillUsed(Conflict):
    code = "datasource.still_used"
    template = N_("The datasource is in use and can't be deleted.")


class PasswordNeeded(Invalid):
    """The stored password is for the server, user and encryption that it was given with, and no other."""

    code = "datasource.password_needed"
    template = N_("With another host, port, user or encryption the password must be given again.")
