"""Django settings, the same everywhere; what differs between installations comes from ``env``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.admin_theme import UNFOLD, UNFOLD_PLATFORM  # noqa: F401  (settings of the admin's theme)
from config.logs import logging_config
from config.settings.env import ROOT, BadEnvironment, load

try:
    ENV = load()
except BadEnvironment as error:
    raise ImproperlyConfigured(str(error)) from None


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    host = query.pop("host", None) or parts.hostname or ""
    return {
        "ENGINE": "django_tenants.postgresql_backend",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "jiepai", "connect_timeout": 5, **query},
    }


SECRET_KEY = ENV.secret_key
DEBUG = ENV.debug
ALLOWED_HOSTS = [ENV.base_domain, f".{ENV.base_domain}"]
USE_X_FORWARDED_HOST = False
CSRF_TRUSTED_ORIGINS = ENV.trusted_origins
CSRF_FAILURE_VIEW = "config.error_pages.csrf_failure"

# --- apps: which schema holds whose tables -------------------------------------------------------
# Content types live in the public schema only: their ids are then the same for every tenant, and
# Django's process-wide cache of them cannot mix tenants up.
_EVERYWHERE = [
    "unfold",
    "unfold.contrib.guardian",
    "django.contrib.auth",
    "django.contrib.messages",
    "django.contrib.admin",
    "guardian",
    "axes",
    "knox",
    "apps.audit",
    "apps.accounts",
]
SHARED_APPS = [
    "django_tenants",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "apps.tenants",
    *_EVERYWHERE,
    "apps.executors",
    "apps.queue",
    "apps.scheduling",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
]
TENANT_APPS = [*_EVERYWHERE, "apps.datasources", "apps.jobs"]
INSTALLED_APPS = [
    "config",
    *SHARED_APPS,
    *(app for app in TENANT_APPS if app not in SHARED_APPS),
    "apps.live",
    "apps.monitoring",
]

TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_LIMIT_SET_CALLS = True  # search_path is set when it changes, not before every query
DATABASES = {"default": _database(ENV.database_url)}
TENANT_MIGRATION_ORDER = ["pk"]  # the template first: what is made meanwhile is cloned from the new state
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOT_URLCONF = "config.urls.tenant"
PUBLIC_SCHEMA_URLCONF = "config.urls.public"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "apps.audit.middleware.OriginMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",  # before the tenant's: files are the same for all
    "apps.tenants.middleware.TenantMiddleware",
    "apps.accounts.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.middleware.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "platform" / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- people ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_RAISE_403 = True
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
SESSION_ENGINE = "apps.accounts.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.secure_cookies
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if ENV.secure_cookies:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "apps.accounts.lockout.answer"

KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105
REST_KNOX = {
    "TOKEN_TTL": timedelta(days=90),
    "AUTH_HEADER_PREFIX": "Token",
    "TOKEN_MODEL": "accounts.ApiToken",
    "AUTO_REFRESH": False,
    "SECURE_HASH_ALGORITHM": "hashlib.sha512",
}

# --- API ------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["kernel.bodies.JsonParser"],
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "kernel.paging.OrderingFilter",
    ],
    "DEFAULT_PAGINATION_CLASS": "kernel.paging.CursorPages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "kernel.throttles.AnonThrottle",
        "kernel.throttles.UserThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": "120/min",
        "user": "6000/min",
        "runs": "1200/min",
        "heavy": "240/min",
        "login": "20/min",
    },
    "NUM_PROXIES": 0,  # the peer's address; what a client writes into X-Forwarded-For is not believed
    "EXCEPTION_HANDLER": "config.api_errors.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Jiepai API",
    "VERSION": "1",
    "DESCRIPTION": "Jobs, triggers, runs and datasources of one tenant.",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "KindEnum": "apps.jobs.models.Job.Kind",
        "StateEnum": "apps.jobs.models.runs.STATE_LABELS",
        "SourceEnum": "apps.jobs.models.runs.SOURCE_LABELS",
        "ExitReasonEnum": "apps.jobs.api.serializers.runs.REASONS",
        "RetryReasonEnum": "apps.jobs.api.serializers.definitions.RETRYABLE_REASONS",
        "TriggerKindEnum": "apps.scheduling.models.Trigger.Kind",
        "DatasourceKindEnum": "apps.datasources.models.Datasource.KINDS",
        "TenantStateEnum": "apps.tenants.models.State",
        "ExecutorStateEnum": "apps.executors.models.Executor.State",
        "LanguageEnum": "config.settings.base.LANGUAGES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api_schema.keep_blank_choices",
        "config.api_schema.add_problems",
    ],
}

# --- Celery: doorbells only -----------------------------------------------------------------------
CELERY_BEAT_SYNC_EVERY = 1

# --- Valkey: cache (what is pushed live is published there, too, without a channel layer: docs/adr/0009) ----
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ENV.redis_url,
        "KEY_PREFIX": "jiepai",
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
    }
}

# --- words, times, files ----------------------------------------------------------------------------
LANGUAGE_CODE = ENV.language
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [ROOT / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = ENV.time_zone
STATIC_URL = "/static/"
STATIC_ROOT = ENV.data_dir / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FRONTEND_DIST = ROOT / "frontend" / "dist"
STATICFILES_DIRS = [("spa", FRONTEND_DIST)] if FRONTEND_DIST.is_dir() else []
WHITENOISE_IMMUTABLE_FILE_TEST = r"/static/spa/assets/.+-[\w-]{8}\.\w+$|\.[0-9a-f]{12}\."
# A script may have 16 MB (apps.jobs.domain.definition), which JSON's escapes and a form's may double.
DATA_UPLOAD_MAX_MEMORY_SIZE = 40 * 1024 * 1024
SILENCED_SYSTEM_CHECKS: list[str] = []

LOGGING_CONFIG = None
logging_config(level=ENV.log_level, style=ENV.log_format)
