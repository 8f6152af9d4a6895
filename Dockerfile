# The image of picustream: docker build -t picustream:0.1.0 .
FROM python:3.11.16-slim-trixie AS base

FROM base AS build
# Faust has no wheel for ARM: there its extensions are compiled.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# By this variable the constraints also pin what builds the package.
ENV PIP_CONSTRAINT=/src/constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv --without-pip /opt/picustream \
 && pip --python /opt/picustream/bin/python install -c constraints.txt '.[encryption,oidc,postgres]'
# Without its compiled extensions Faust would still install, and the worker would not start.
RUN /opt/picustream/bin/python -c "import faust.transport._cython.conductor, faust._cython.streams" \
 && /opt/picustream/bin/picustream --version

FROM base
ARG REVISION=unknown
LABEL org.opencontainers.image.title="picustream" \
      org.opencontainers.image.description="Turns the live event streams of a paediatric intensive care unit into explained trial endpoints" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN pip uninstall --yes --root-user-action=ignore wheel setuptools pip \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin picustream \
 && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/picustream
COPY --from=build /opt/picustream /opt/picustream
COPY --from=build --chmod=0555 /src/deploy/healthy.py /usr/local/bin/picustream-healthy
ENV PATH=/opt/picustream/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Numbers, so that Kubernetes can see that it is not root. The root may be read-only, with a /tmp to write in.
USER 10001:10001
# Event files are mounted here: docker run --rm -v "$PWD:/data:ro" picustream:0.1.0 replay events.ndjson
WORKDIR /data
ENTRYPOINT ["picustream"]
