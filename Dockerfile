# An exported model as a page and an HTTP API, without torch:
#   tenfold export runs/houses-1 --out model.onnx
#   docker build -t houses . && docker run -p 8000:8000 -v "$PWD/model.onnx:/model.onnx:ro" houses
FROM python:3.11-slim AS wheel
COPY pyproject.toml README.md LICENSE /source/
COPY src /source/src
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheel /source

FROM python:3.11-slim
COPY constraints.txt /
COPY --from=wheel /wheel /wheel
# What answering needs of Tenfold's libraries; tests/serve/test_docker.py takes the others away.
RUN pip install --no-cache-dir -c /constraints.txt \
      fastapi httptools jinja2 markupsafe numpy onnxruntime pandas pillow prometheus-client \
      python-multipart rich starlette typer uvicorn uvloop \
 && pip install --no-cache-dir --no-deps /wheel/*.whl
USER 1000
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health')"]
ENTRYPOINT ["tenfold", "serve"]
CMD ["/model.onnx", "--host", "0.0.0.0"]
