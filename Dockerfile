# Porta's image: one environment for the web, the runner, schedulers, workers and the notebook.
#
#   docker build --target frontend .    web and runner; also good for schedulers and workers
#   docker build --target cluster .     the same without the web's port and health check
#   docker build --target notebook .    the same with JupyterLab
#
# BASE is any image of Debian's family with python3 (3.11 or newer), its venv and perhaps tini.
# Build secrets, all optional: `pip` (a pip.conf: mirrors and their passwords), `ca` (certificates).
# Neither stays in any layer. It runs as 10001:10001 on a read-only root; only /tmp is written to.
ARG BASE=python:3.12-slim-bookworm
# A fixed processor that every cloud has, so that what is compiled here fits everywhere: what
# numpy's own wheels ask for. `generic` on ARM. The arithmetic is the same on all (see sim.jit).
ARG NUMBA_CPU=x86-64-v2

FROM ${BASE} AS base
ENV DEBIAN_FRONTEND=noninteractive
RUN command -v tini >/dev/null || { \
        apt-get update && apt-get install -y --no-install-recommends tini \
        && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log; }

FROM base AS installer
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python3 -m venv /opt/installer
COPY requirements/build.txt /build/
COPY image/pip-install /usr/local/bin/
RUN --mount=type=secret,id=pip --mount=type=secret,id=ca --mount=type=cache,target=/var/cache/pip \
    pip-install /opt/installer --require-hashes -r /build/build.txt

FROM installer AS environment
RUN python3 -m venv --without-pip /opt/porta
COPY requirements/image.txt /build/
RUN --mount=type=secret,id=pip --mount=type=secret,id=ca --mount=type=cache,target=/var/cache/pip \
    pip-install /opt/porta --require-hashes -r /build/image.txt
COPY pyproject.toml README.md LICENSE /build/
COPY services /build/services
RUN cd /build && /opt/installer/bin/hatchling build --target wheel >/dev/null \
    && pip-install /opt/porta --no-index --no-deps /build/dist/*.whl
COPY image/*.py /build/
ARG NUMBA_CPU
RUN site=$(/opt/porta/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
    && cp /build/porta_kernels.py "$site" \
    && NUMBA_CPU_NAME=$NUMBA_CPU NUMBA_CPU_FEATURES= NUMBA_CACHE_DIR=/opt/porta/kernels \
        /opt/porta/bin/python /build/compile_kernels.py \
    && chmod -R a+rX,go-w /opt/porta

FROM base AS cluster
ARG VERSION=0.1.0
ARG REVISION=
ARG NUMBA_CPU
LABEL org.opencontainers.image.title="Porta" \
      org.opencontainers.image.description="Orbital propagation on clusters of its own" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=environment /opt/porta /opt/porta
ENV PATH=/opt/porta/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NUMBA_CPU_NAME=${NUMBA_CPU} \
    NUMBA_CPU_FEATURES="" \
    NUMBA_CACHE_DIR=/tmp/porta-kernels \
    NUMBA_CACHE_LOCATOR_CLASSES=porta_kernels.Copied
USER 10001:10001
WORKDIR /tmp
# The Gateway sets a container's `args`, never its `command`: so tini is always the first process.
ENTRYPOINT ["tini", "-g", "--"]
CMD ["porta", "--help"]

FROM cluster AS notebook
USER 0:0
COPY requirements/notebook.txt /tmp/notebook.txt
RUN --mount=type=bind,from=installer,source=/opt/installer,target=/opt/installer \
    --mount=type=bind,from=installer,source=/usr/local/bin/pip-install,target=/usr/local/bin/pip-install \
    --mount=type=secret,id=pip --mount=type=secret,id=ca --mount=type=cache,target=/var/cache/pip \
    pip-install /opt/porta --require-hashes -r /tmp/notebook.txt && rm /tmp/notebook.txt
USER 10001:10001
EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser"]

FROM cluster AS frontend
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["porta", "web", "--host", "0.0.0.0", "--port", "8080"]
