# One image for web, worker and beat: the command says which. See docs/production.md and deploy/compose.yaml.
ARG PYTHON_VERSION=3.13
ARG NODE_VERSION=22

# --- the single-page application -------------------------------------------------------------------
FROM node:${NODE_VERSION}-bookworm-slim AS spa
WORKDIR /src
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

# --- Python packages -------------------------------------------------------------------------------
FROM python:${PYTHON_VERSION}-slim-bookworm AS packages
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -r /tmp/requirements.txt

# --- the platform ----------------------------------------------------------------------------------
FROM python:${PYTHON_VERSION}-slim-bookworm
# libseccomp2: the sandbox's filter of system calls. bash, which shell jobs need, is in the base image.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libseccomp2 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin jiepai \
    && install --directory --owner=jiepai --group=jiepai --mode=0711 /data

COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/jiepai
COPY manage.py ./
COPY platform/config/ platform/config/
COPY platform/kernel/ platform/kernel/
COPY apps/ apps/
COPY locale/ locale/
COPY --from=spa /src/dist/ frontend/dist/

# Static files lie in the image, so that they are always the code's; /data is the volume for tenants' files.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/srv/jiepai/platform:/srv/jiepai \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    JIEPAI_DATA_DIR=/srv/jiepai/var \
    JIEPAI_SCRIPT_DIR=/data \
    JIEPAI_LOG_FORMAT=json

# The values of this step reach no server, sign nothing and are not kept in the image.
RUN pybabel --quiet compile --domain "django djangojs" --directory locale \
    && python -m compileall -q apps platform \
    && JIEPAI_DATABASE_URL=postgresql://nobody@nowhere/nothing \
       JIEPAI_BROKER_URL=redis://nowhere \
       JIEPAI_REDIS_URL=redis://nowhere \
       JIEPAI_SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(48))')" \
       JIEPAI_ENCRYPTION_KEYS="$(python -c 'import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())')" \
       python manage.py collectstatic --no-input --verbosity 0

USER jiepai
VOLUME /data
EXPOSE 8000
# For web. Worker and beat have no port: a silent worker loses its leases, a beat is not missed while another runs.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
STOPSIGNAL SIGTERM
CMD ["uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--no-access-log", "--timeout-graceful-shutdown", "10"]
