# Porta's images: one environment for web, runner, schedulers, workers and the notebook.
#
#   frontend    web and runner; also used for schedulers and workers
#   cluster     the same without the web's port and health check
#   notebook    the same with JupyterLab, Dask's extension of it and the notebooks
#
# `make image` builds them. BASE is any image of Debian's family with python3 (3.11 or newer) and its
# venv module; tini is installed if missing. Access to a package registry comes as build secrets,
# `pip` (a pip.conf) and `ca` (certificates), which stay in no layer.
ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS base
RUN command -v tini >/dev/null || { \
        apt-get update && apt-get install -y --no-install-recommends tini \
        && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log; }

FROM base AS installer
RUN python3 -m venv /opt/installer
COPY requirements/build.txt /build/
COPY image/pip-install /usr/local/bin/
RUN --mount=type=secret,id=pip --mount=type=secret,id=ca --mount=type=cache,target=/var/cache/pip \
    pip-install /opt/installer --require-hashes -r /build/build.txt

FROM installer AS dependencies
RUN python3 -m venv --without-pip /opt/porta
COPY requirements/image.txt /build/
RUN --mount=type=secret,id=pip --mount=type=secret,id=ca --mount=type=cache,target=/var/cache/pip \
    pip-install /opt/porta --require-hashes -r /build/image.txt

# The manual, made by the code that it describes; what makes it stays in this stage.
FROM dependencies AS manual
COPY requirements/docs.txt /build/
RUN --mount=type=secret,id=pip --mount=type=secret,id=ca --mount=type=cache,target=/var/cache/pip \
    pip-install /opt/porta --require-hashes -r /build/docs.txt
COPY pyproject.toml README.md LICENSE ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md /build/
COPY docs /build/docs
COPY notebooks /build/notebooks
COPY services /build/services
RUN cd /build && /opt/installer/bin/hatchling build --target wheel >/dev/null \
    && pip-install /opt/porta --no-index --no-deps /build/dist/*.whl
COPY manual /build/manual
RUN cd /build && /opt/porta/bin/python -m manual

FROM dependencies AS environment
COPY pyproject.toml README.md LICENSE /build/
COPY services /build/services
COPY --from=manual /build/services/frontend/web/pages/manual_site \
    /build/services/frontend/web/pages/manual_site
RUN cd /build && /opt/installer/bin/hatchling build --target wheel >/dev/null \
    && pip-install /opt/porta --no-index --no-deps /build/dist/*.whl
# After the sources, so that the kernels are always compiled from them: for fixed processors, of which
# each start takes the best that the machine has (image/porta_cpu.py). Results have the same bits.
ARG KERNELS=""
COPY image/compile_kernels.py image/porta_kernels.py image/porta_cpu.py /build/
RUN for packages in /opt/porta/lib/python3*/site-packages; do \
        cp /build/porta_kernels.py /build/porta_cpu.py "$packages" \
        && echo 'import porta_cpu' >"$packages/porta_cpu.pth"; done \
    && /opt/porta/bin/python /build/compile_kernels.py /opt/porta/kernels ${KERNELS} \
    && chmod -R a+rX,go-w /opt/porta

FROM base AS cluster
LABEL org.opencontainers.image.title="Porta" \
      org.opencontainers.image.description="Orbital propagation on clusters of its own" \
      org.opencontainers.image.licenses="MIT"
COPY --from=environment /opt/porta /opt/porta
# The user has a name, which Dask Gateway's client sends by default. It is not `porta`, the runner's:
# a runner stops all clusters of its own user that no run owns.
RUN echo 'visitor:x:10001:' >>/etc/group \
    && echo 'visitor:x:10001:10001::/tmp:/usr/sbin/nologin' >>/etc/passwd
ENV PATH=/opt/porta/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/tmp/porta-kernels \
    NUMBA_CACHE_LOCATOR_CLASSES=porta_kernels.Copied
# By number, so that Kubernetes can see that it is not root. Only /tmp is written to.
USER 10001:10001
WORKDIR /tmp
# The Gateway sets a container's `args`, never its `command`, so tini is always the first process.
ENTRYPOINT ["tini", "-g", "--"]
CMD ["porta", "--help"]

FROM cluster AS notebook
USER 0:0
RUN --mount=type=bind,from=installer,source=/opt/installer,target=/opt/installer \
    --mount=type=bind,source=image/pip-install,target=/usr/local/bin/pip-install \
    --mount=type=bind,source=requirements,target=/build \
    --mount=type=secret,id=pip --mount=type=secret,id=ca --mount=type=cache,target=/var/cache/pip \
    pip-install /opt/porta --require-hashes -r /build/notebook.txt \
    && install -d -o 10001 -g 10001 /work
COPY notebooks/*.ipynb /opt/porta/notebooks/
COPY image/jupyter_server_config.py /opt/porta/etc/jupyter/
USER 10001:10001
WORKDIR /work
EXPOSE 8888
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8888/api', timeout=4)"]
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--port=8888", "--no-browser"]

FROM cluster AS frontend
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["porta", "web", "--host", "0.0.0.0", "--port", "8080"]
