"""Exported files for the tests of the server, and servers that answer with them."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import onnx
import pandas as pd
from onnx import TensorProto, helper, numpy_helper

import tenfold
from tenfold import TrainOptions
from tenfold.config import Task
from tenfold.data.pictures.decode import Framing
from tenfold.data.pictures.picture_schema import PictureSchema
from tenfold.exported import KEY, PROBABILITIES, Equality, Label
from tenfold.kinds.images.image_file import HEATMAP, PIXELS

SIDE: Final = 48


def frame_of_houses(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """Return rows with numbers, words, truth values of both kinds and dates."""
    rng = np.random.default_rng([seed, rows])
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D")
    frame = pd.DataFrame(
        {
            "area": rng.normal(80, 20, rows),
            "built": days.astype(str),
            "garden": rng.choice(["yes", "no"], rows),
            "lift": rng.integers(0, 2, rows),
            "town": rng.choice(["Ulm", "Bonn", "Köln"], rows),
        }
    )
    worth = 3 * frame["area"] + 30 * (frame["town"] == "Köln") + 10 * frame["lift"]
    frame["price"] = worth + rng.normal(0, 5, rows)
    for name in ("area", "town", "garden", "built"):
        frame.loc[rng.choice(rows, rows // 15, replace=False), name] = None
    return frame


def table_file(home: Path, task: Task = "regression") -> Path:
    """Train on houses for a moment, and export the model."""
    frame = frame_of_houses()
    if task == "classification":
        dear = np.where(frame["price"] > frame["price"].median(), "dear", "cheap")
        frame = frame.assign(price=dear)
    run = tenfold.train(
        frame, folds=3, training=TrainOptions(epochs=12), quality="fast", out=home
    )
    return run.export(home / f"{task}.onnx").path


def picture_file(home: Path) -> Path:
    """Write a file that tells red pictures from blue ones by their mean colour."""
    weight = np.array([[8.0, -8.0], [0.0, 0.0], [-8.0, 8.0]], dtype=np.float32) / 255
    nodes = [
        helper.make_node("Cast", [PIXELS], ["greys"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["greys", "places"], ["mean"], keepdims=0),
        helper.make_node("MatMul", ["mean", "weight"], ["odds"]),
        helper.make_node("Softmax", ["odds"], [PROBABILITIES]),
        helper.make_node("Mul", ["greys", "part"], ["colours"]),
        helper.make_node("Transpose", ["colours"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Gather", ["planes", "which"], [HEATMAP], axis=1),
    ]
    constants = {
        "places": np.array([1, 2]),
        "weight": weight,
        "part": np.array(1 / 255, dtype=np.float32),
        "which": np.array([0, 2]),
    }
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, ["N", "H", "W", 3])],
        [
            helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, ["N", 2]),
            helper.make_tensor_value_info(HEATMAP, TensorProto.FLOAT, ["N", 2, "h", "w"]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    label = Label(
        kind="images",
        name="colours",
        schema=PictureSchema(
            classes=("red", "blue"), framing=Framing(size=SIDE, crop=0.5)
        ).to_dict(),
        score="All images are right.",
        equality=Equality(inputs=7, difference=1e-6),
        heat=True,
        version="0",
    )
    model.metadata_props.add(key=KEY, value=json.dumps(label.to_dict()))
    onnx.save(model, home / "colours.onnx")
    return home / "colours.onnx"


PATIENCE: Final = 240  # seconds, longer than any machine takes


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return cast("str", self.json["error"]["code"])


def fine(reply: Reply) -> bool:
    """Tell whether a request was answered as asked."""
    return reply.status == 200


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs in a process of its own."""

    url: str
    process: "subprocess.Popen[str]"

    def ask(
        self, path: str = "/predict", body: Any = None, kind: str = "", **headers: str
    ) -> Reply:
        """Ask, by POST if there is a body; what is neither bytes nor text is sent as JSON."""
        if body is not None and not isinstance(body, bytes):
            kind = kind or "application/json"
            body = (body if isinstance(body, str) else json.dumps(body)).encode()
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        if kind:
            sent["Content-Type"] = kind
        request = urllib.request.Request(self.url + path, data=body, headers=sent)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as found:  # noqa: S310
                return Reply(found.status, dict(found.headers), found.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, dict(error.headers), error.read())

    def ask_until(
        self, holds: Callable[[Reply], bool], path: str = "/predict", body: Any = None
    ) -> Reply:
        """Ask again and again until an answer is as wanted, on a slow machine for long."""
        end = time.monotonic() + PATIENCE
        while not holds(reply := self.ask(path, body)) and time.monotonic() < end:
            time.sleep(0.05)
        return reply

    def open(self, head: str = "") -> socket.socket:
        """Open a connection and begin to ask; the body is still to come."""
        host, port = self.url.removeprefix("http://").split(":")
        connection = socket.create_connection((host, int(port)), timeout=PATIENCE)
        if head:
            lines = [f"POST /predict HTTP/1.1\r\nHost: {host}", head, "\r\n"]
            connection.sendall("\r\n".join(lines).encode())
        return connection

    def stop(self) -> tuple[int, str]:
        """Tell it to end, and return its status and what it wrote to standard error."""
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said


@contextmanager
def serving(file: Path, *options: str, **environment: str) -> Iterator[Server]:
    """Start a server, yield it, and end it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tenfold", "serve", file, "--port", "0", "--json", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(process.communicate()[1])
        server = Server(json.loads(line)["url"], process)
        _wait(server)
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=PATIENCE)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _wait(server: Server) -> None:
    """Wait for the workers, which are ready later than the port is taken."""
    if not fine(server.ask_until(fine, "/health")):
        raise RuntimeError("the server does not answer")


def ask_here(
    app: Any, path: str, body: bytes | None, kind: str, host: str = "localhost"
) -> Reply:
    """Ask an application without a server; without a body, the request never ends."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if body is None:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": body}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    where, _, query = path.partition("?")
    scope = {
        "type": "http", "method": "POST", "path": where, "raw_path": where.encode(),
        "query_string": query.encode(), "http_version": "1.1", "scheme": "http",
        "headers": [(b"host", host.encode()), (b"content-type", kind.encode())],
        "server": ("localhost", 80), "client": ("localhost", 1), "root_path": "",
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    headers = {name.decode(): text.decode() for name, text in sent[0]["headers"]}
    return Reply(sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent))
