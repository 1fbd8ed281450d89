"""Signing in and out, one's own account, one's own tokens."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.middleware.csrf import get_token
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors
from apps.accounts.api import serializers
from apps.accounts.api.throttles import LoginThrottle
from apps.accounts.errors import SignInRefused, TokensNeedASession
from apps.accounts.models import ApiToken, SavedView, Session
from apps.accounts.services import passwords, profiles, sessions, tokens, views


class OfBrowsers:
    """For who is signed in with a password; a token can't."""

    authentication_classes = [SessionAuthentication]

    def get_authenticate_header(self, request):
        """Makes the refusal a 401 and not a 403, without a browser's own sign-in window."""
        return "Session"


class SessionView(OfBrowsers, APIView):
    """The browser's session. Every answer to GET sets the CSRF cookie, a refusal too."""

    serializer_class = serializers.SessionSerializer

    def get_permissions(self):
        return [AllowAny()] if self.request.method == "POST" else super().get_permissions()

    def get_throttles(self):
        return [LoginThrottle()] if self.request.method == "POST" else super().get_throttles()

    def initial(self, request, *args, **kwargs):
        if request.method == "GET":
            get_token(request._request)
        super().initial(request, *args, **kwargs)

    @extend_schema(responses=serializers.SessionSerializer)
    def get(self, request):
        return Response(self._session(request))

    @extend_schema(request=serializers.SignInSerializer, responses=serializers.SessionSerializer)
    def post(self, request):
        SessionAuthentication().enforce_csrf(request)  # DRF asks this only of who is signed in already
        given = serializers.SignInSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = authenticate(request._request, **given.validated_data)
        if user is None:
            raise SignInRefused
        login(request._request, user)
        request.user = user
        return Response(self._session(request))

    @extend_schema(responses={204: None})
    def delete(self, request):
        logout(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _session(self, request):
        content = {
            "user": request.user,
            "tenant": request.tenant,
            "csrf_token": get_token(request._request),
            "permissions": selectors.permissions_of(request.user),
        }
        return serializers.SessionSerializer(content, context={"request": request}).data


class AccountView(APIView):
    """The signed-in user's own preferences."""

    @extend_schema(responses=serializers.AccountSerializer)
    def get(self, request):
        return Response(serializers.AccountSerializer(request.user).data)

    @extend_schema(request=serializers.AccountChangeSerializer, responses=serializers.AccountSerializer)
    def patch(self, request):
        serializer = serializers.AccountChangeSerializer(request.user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        profiles.change(user=request.user, **serializer.validated_data)
        return Response(serializers.AccountSerializer(request.user).data)


class PasswordView(OfBrowsers, APIView):
    """Changing one's password ends all sessions but this one."""

    throttle_classes = [LoginThrottle]

    @extend_schema(request=serializers.PasswordSerializer, responses={204: None})
    def post(self, request):
        given = serializers.PasswordSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        passwords.change(
            user=request.user,
            current=given.validated_data["current_password"],
            new=given.validated_data["new_password"],
            keep_session=request.session.session_key,
        )
        update_session_auth_hash(request._request, request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionViewSet(OfBrowsers, mixins.ListModelMixin, viewsets.GenericViewSet):
    """The browsers in which one is signed in."""

    queryset = Session.objects.none()
    serializer_class = serializers.OpenSessionSerializer
    lookup_field = "id"
    ordering = ["-id"]
    ordering_fields = ["created_at", "last_seen_at"]

    def get_queryset(self):
        return selectors.sessions_of(self.request.user)

    @extend_schema(responses={204: None})
    def destroy(self, request, **_):
        """Sign that browser out. Its pages notice within seconds."""
        sessions.end(self.get_object().id, owner=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=serializers.EndedSessionsSerializer)
    @action(detail=False, methods=["post"])
    def end_others(self, request):
        """Sign all other browsers out."""
        count = sessions.end_others(owner=request.user, keep=request.session.session_key)
        return Response(serializers.EndedSessionsSerializer({"ended": count}).data)


class TokenViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """One's own API tokens."""

    queryset = ApiToken.objects.none()
    serializer_class = serializers.TokenSerializer
    ordering_fields = ["name", "created", "expiry", "last_used_at"]

    def get_queryset(self):
        return selectors.tokens_of(self.request.user)

    @extend_schema(request=serializers.NewTokenSerializer, responses={201: serializers.IssuedTokenSerializer})
    def create(self, request):
        if request.auth is not None:
            raise TokensNeedASession
        given = serializers.NewTokenSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        token, key = tokens.issue(
            user=request.user,
            name=given.validated_data["name"],
            lifetime=timedelta(days=given.validated_data["expires_in_days"]),
        )
        shown = serializers.IssuedTokenSerializer(token, context={"key": key})
        return Response(shown.data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request, pk=None):
        tokens.revoke(self.get_object().pk, owner=request.user, actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SavedViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """One's own saved views of lists."""

    queryset = SavedView.objects.none()
    serializer_class = serializers.ViewSerializer
    filterset_fields = ["page"]
    ordering = ["position", "id"]
    ordering_fields = ["position", "name"]

    def get_queryset(self):
        return selectors.views_of(self.request.user)

    @extend_schema(request=serializers.ViewSerializer, responses={201: serializers.ViewSerializer})
    def create(self, request):
        given = serializers.ViewSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        view = views.create(user=request.user, **given.validated_data)
        return Response(serializers.ViewSerializer(view).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=serializers.ViewChangeSerializer, responses=serializers.ViewSerializer)
    def partial_update(self, request, pk=None):
        """The one that is to be shown first takes the place of the one that was."""
        given = serializers.ViewChangeSerializer(self.get_object(), data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        view = views.change(given.instance.pk, user=request.user, **given.validated_data)
        return Response(serializers.ViewSerializer(view).data)

    @extend_schema(responses={204: None})
    def destroy(self, request, pk=None):
        views.delete(self.get_object().pk, user=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
