# The dashboard in a container: docker build -t gridrt . && docker run --rm -p 127.0.0.1:8501:8501 gridrt
# Demo mode as it is; GRIDRT_TENANT_ID, GRIDRT_ACCESS_TOKEN and GRIDRT_REGION in its environment watch a real tenant, and
# GRIDRT_ALLOWED_HOSTS lets others than this machine reach it under a name.

FROM python:3.13-slim AS packages
COPY requirements.txt .
RUN python -m venv /opt/venv \
    && /opt/venv/bin/python -m pip --disable-pip-version-check install --quiet --no-cache-dir -r requirements.txt \
    && /opt/venv/bin/python -m pip --disable-pip-version-check uninstall --quiet --yes pip \
    && find /opt/venv -type d \( -name tests -o -name test \) -path '*/site-packages/*' -prune -exec rm -r {} +

# What is in it: a software bill of materials of its Python packages, in the format CycloneDX.
FROM packages AS bill
COPY requirements-dev.txt .
RUN python -m venv /opt/tool \
    && grep '^cyclonedx-bom==' requirements-dev.txt > tool.txt \
    && /opt/tool/bin/python -m pip --disable-pip-version-check install --quiet --no-cache-dir -c requirements-dev.txt -r tool.txt \
    && /opt/tool/bin/cyclonedx-py environment --of JSON -o /bill-of-materials.json /opt/venv/bin/python

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin gridrt
COPY --from=packages /opt/venv /opt/venv
COPY --from=bill /bill-of-materials.json /usr/share/gridrt/bill-of-materials.json
WORKDIR /app
COPY app.py ./
COPY .streamlit/config.toml .streamlit/
COPY dashboard dashboard
COPY pages pages
COPY gridrt_client gridrt_client
COPY gridrt_emulator gridrt_emulator
# Compiled once, here: its user may write nothing but /tmp, so that the file system can be read-only.
RUN /opt/venv/bin/python -m compileall -q .
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_FILE_WATCHER_TYPE=none \
    GRIDRT_OPERATIONS_ADDRESS=0.0.0.0 \
    GRIDRT_OPERATIONS_PORT=9090
USER gridrt
# Probes and metrics are at 9090, for the network of the container: don't publish it.
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['GRIDRT_OPERATIONS_PORT'] + '/healthz', timeout=4)"]
CMD ["python", "-m", "streamlit", "run", "app.py"]
