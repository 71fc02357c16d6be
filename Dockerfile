# The gateway without build tools, as a user of its own. Experts, keys and databases come from outside.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY gateway gateway
COPY routers routers
COPY eval eval
RUN python -m venv /opt/coterie && /opt/coterie/bin/pip install --no-cache-dir '.[local,knowledge]'

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 coterie && mkdir -p /data /etc/coterie && chown coterie /data
COPY --from=build /opt/coterie /opt/coterie
COPY experts.yaml /etc/coterie/experts.yaml
ENV PATH=/opt/coterie/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    COTERIE_CONFIG=/etc/coterie/experts.yaml \
    COTERIE_HOST=0.0.0.0 \
    COTERIE_DATABASE_URL=sqlite:////data/records.db \
    COTERIE_MODELS_DIR=/data/models
USER coterie
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/ready', timeout=2)"]
CMD ["coterie", "serve"]
