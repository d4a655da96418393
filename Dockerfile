# One image, three roles: `web`, `ingest`, `worker` (docker-compose.yml says which).
FROM python:3.11-slim-bookworm
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONPATH=/app PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY . .
# Roles may not write here: what isn't compiled now would be at every start.
RUN python -m compileall -q /app && env -u PYTHONDONTWRITEBYTECODE python -m backend.core.compiled
RUN useradd --system --home /data ansu && mkdir -p /data && chown ansu /data
USER ansu
ENV ANSU_DATA_DIR=/data
ENTRYPOINT ["python", "-m", "backend.cli"]
