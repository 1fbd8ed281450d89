"""How often passwords may be tried from one address, whatever the names. Single names are axes' affair."""

from rest_framework.throttling import SimpleRateThrottle


class LoginThrottle(SimpleRateThrottle):
    """The rate "login"; a user who is signed in has no better chances."""

    scope = "login"

    def get_cache_key(self, request, view):
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
