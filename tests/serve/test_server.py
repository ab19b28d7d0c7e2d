"""A server answers as its file does, says what is wrong, and ends when it is told to."""

import asyncio
import base64
import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image

from tenfold.errors import ServeError, StoreError
from tenfold.exported import HIGH, LOW, Exported
from tenfold.kinds.tables.table_file import TableFile
from tenfold.serve.patience import DOCUMENTED, Patient, protocol
from tenfold.serve.server import serve
from tenfold.serve_options import ServeOptions
from tests.engine_served import (
    SIDE,
    Server,
    fine,
    frame_of_houses,
    picture_file,
    serving,
    table_file,
)

ROW: Final = {"area": 70, "built": "2021-05-06", "garden": "yes", "lift": 1, "town": "Ulm"}
RED: Final = np.full((60, 90, 3), (200, 10, 10), np.uint8)
LIMITS: Final = (
    *("--max-bytes", "60000", "--max-rows", "50", "--max-pictures", "3"),
    *("--max-pixels", "10000", "--timeout", "120"),
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("served")
    return {
        "regression": table_file(home, "regression"),
        "classification": table_file(home, "classification"),
        "pictures": picture_file(home),
    }


@pytest.fixture(scope="module")
def houses(files: dict[str, Path]) -> Iterator[Server]:
    with serving(files["regression"], *LIMITS) as server:
        yield server


@pytest.fixture(scope="module")
def colours(files: dict[str, Path]) -> Iterator[Server]:
    with serving(files["pictures"], *LIMITS) as server:
        yield server


def png(pixels: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def form(*files: tuple[str, bytes]) -> tuple[bytes, str]:
    """Return files as the body of a form, and its Content-Type."""
    begin = '--x\r\nContent-Disposition: form-data; name="file"; filename="{}"\r\n\r\n'
    parts = [begin.format(name).encode() + content + b"\r\n" for name, content in files]
    return b"".join(parts) + b"--x--\r\n", "multipart/form-data; boundary=x"


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_rows_of_json_and_csv_are_answered_as_the_file_answers_them(
    task: str, files: dict[str, Path]
) -> None:
    frame = frame_of_houses(40, seed=1).drop(columns="price")
    exported = TableFile(Exported.open(files[task]))
    known = exported.answers(frame)
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    csv = frame.to_csv(index=False).encode()
    with serving(files[task]) as server:
        for body, kind in (({"rows": rows}, "application/json"), (csv, "text/csv")):
            found = server.ask(body=body, kind=kind).json["predictions"]
            values = [one.get("probabilities", {"": one["prediction"]}) for one in found]
            said = [list(one.values()) for one in values]
            np.testing.assert_allclose(said, known, rtol=1e-6)
        saved = server.ask(body=csv, kind="text/csv", Accept="text/csv").body
    named = pd.read_csv(io.BytesIO(saved))
    assert list(named.columns[-5:]) == list(frame.columns)
    if task == "regression":
        np.testing.assert_allclose(named["prediction"], known[:, 0], rtol=1e-6)
        asked = exported.file.ask(exported.feeds(frame), [LOW, HIGH])
        ends = np.concatenate(list(asked.values()), axis=1)
        np.testing.assert_allclose(named[["low", "high"]], ends, rtol=1e-6)


def test_contributions_lead_from_the_base_to_the_answer(houses: Server) -> None:
    found = houses.ask("/predict?contributions=true", {"rows": [ROW | {"town": "Köln"}, ROW]})
    first, second = found.json["predictions"]
    shares = first["contributions"]
    total = shares["base"] + sum(shares["shares"].values())
    assert total == pytest.approx(shares["answer"]) == pytest.approx(first["prediction"])
    assert set(shares["shares"]) == set(ROW)
    assert shares["shares"]["town"] > 5  # towns make the difference that they were made to make
    assert "contributions" not in second


def test_pictures_are_answered_and_a_bad_one_beside_the_good_ones(colours: Server) -> None:
    blue = png(RED[..., ::-1])
    body, kind = form(("red.png", png(RED)), ("text.txt", b"hello"), ("blue.png", blue))
    red, bad, last = colours.ask("/predict?heat=true", body, kind).json["predictions"]
    assert (red["file"], red["prediction"], last["prediction"]) == ("red.png", "red", "blue")
    assert bad["error"]["code"] == "V08"
    assert sum(red["probabilities"].values()) == pytest.approx(1)
    head, _, data = red["heat"].partition(",")
    assert head == "data:image/png;base64"
    heatmap = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert heatmap.shape == (SIDE, SIDE, 4)
    assert heatmap[..., 3].max() == pytest.approx(200 / 255 * 0.75 * 255, abs=2)
    alone = colours.ask(body=png(RED), kind="image/png").json["predictions"]
    assert [one["prediction"] for one in alone] == ["red"]


@pytest.mark.parametrize(
    ("status", "code", "body", "kind"),
    [
        (413, "V01", b"x" * 60_001, "text/csv"),
        (413, "V02", {"rows": [ROW] * 51}, ""),
        (
            413,
            "V02",
            "area,b\n" + "1,2\n" * 51,
            "text/csv",
        ),
        (415, "V06", b"a,b", "application/pdf"),
        (415, "V06", b"\x89PNG", "image/png"),
        (400, "V07", b"{", "application/json"),
        (400, "V07", b"[" * 50_000, "application/json"),
        (400, "V07", {"rows": 3}, ""),
        (400, "V07", [ROW], ""),
        (422, "P01", {"rows": [{"area": 3}]}, ""),
        (422, "P02", {"rows": [ROW | {"area": "large"}]}, ""),
        (422, "P02", {"rows": [ROW | {"area": True}]}, ""),
        (422, "P02", {"rows": [ROW | {"built": "soon"}]}, ""),
        (422, "P02", {"rows": [ROW | {"garden": "perhaps"}]}, ""),
        (422, "P02", {"rows": [ROW | {"lift": 2}]}, ""),
        (422, "P02", {"rows": [ROW | {"town": ["Ulm"]}]}, ""),
        (400, "D03", b"a,b\n\0,1\n", "text/csv"),
        (422, "P01", b"a,b\n1,2\n", "text/csv"),
    ],
)
def test_what_cannot_be_answered_is_told_with_a_code(
    houses: Server, status: int, code: str, body: Any, kind: str
) -> None:
    reply = houses.ask(body=body, kind=kind)
    assert (reply.status, reply.code) == (status, code)
    assert "/tmp" not in reply.body.decode()  # noqa: S108 - no place of the server's own
    assert houses.ask(body={"rows": [ROW]}).status == 200  # and the server goes on


@pytest.mark.parametrize(
    ("status", "code", "given"),
    [
        (413, "V02", form(*[("a.png", png(RED))] * 4)),
        (413, "V13", form(("large.png", png(np.zeros((101, 100, 3), np.uint8))))),
        (413, "V13", (png(np.zeros((101, 100, 3), np.uint8)), "image/png")),
        (422, "V08", (b"--x--", "multipart/form-data; boundary=x")),
        (422, "V08", (b"nothing", "multipart/form-data")),
        (415, "V06", (b"{}", "application/json")),
    ],
)
def test_pictures_beyond_a_limit_are_refused_with_a_code(
    colours: Server, status: int, code: str, given: tuple[bytes, str]
) -> None:
    reply = colours.ask("/predict", *given)
    assert (reply.status, reply.code) == (status, code)


def test_odd_addresses_and_hosts_are_refused(houses: Server) -> None:
    assert (houses.ask("/x").status, houses.ask("/x").code) == (404, "V10")
    assert houses.ask("/schema", b"{}").status == 405
    elsewhere = houses.ask("/health", Host="example.org")
    assert (elsewhere.status, elsewhere.code) == (421, "V09")
    assert houses.ask("/predict?contributions=perhaps", {"rows": [ROW]}).code == "V12"


BODY: Final = "Content-Type: text/csv\r\nContent-Length: 9"  # of which less is sent


@pytest.fixture(scope="module")
def hasty(files: dict[str, Path]) -> Iterator[Server]:
    """Return a server whose patience ends after a second."""
    with serving(files["regression"], "--timeout", "1") as server:
        yield server


def said_by(connection: socket.socket, until: bytes = b"") -> bytes:
    """Return what a server says until it says this, or hangs up."""
    received = b""
    while (not until or until not in received) and (part := connection.recv(65_536)):
        received += part
    return received


ANOTHER_UVICORN: Final = """
import sys, uvicorn.supervisors
sys.modules["uvicorn.protocols.http.httptools_impl"] = None
del uvicorn.supervisors.Multiprocess
"""


def test_a_uvicorn_without_what_it_does_not_document_answers(
    files: dict[str, Path], tmp_path: Path
) -> None:
    """Python runs ``sitecustomize`` before the command: the names are gone for it."""
    (tmp_path / "sitecustomize.py").write_text(ANOTHER_UVICORN)
    path = os.pathsep.join([str(tmp_path), *sys.path])
    with serving(files["regression"], "--workers", "2", PYTHONPATH=path) as server:
        assert server.ask_until(fine, "/health").status == 200
        assert server.ask(body={"rows": [ROW]}).status == 200
        assert server.stop()[0] == 0
    assert protocol(asyncio.Protocol) == DOCUMENTED
    assert protocol() is Patient  # the control


def test_a_request_that_never_ends_is_ended(hasty: Server) -> None:
    with hasty.open(BODY) as line:
        line.sendall(b"a,b")
        received = said_by(line, until=b'"V03"')
    assert received.startswith(b"HTTP/1.1 408")
    assert b'"V03"' in received


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", b"408"),
        (b"POST /predict HTTP/1.1\r\nHost: localhost\r\nX-", b"408"),
        (b"GET /health HTTP/1.1\r\nX-Long: " + b"x" * 70_000, b"431"),
    ],
    ids=["nothing", "half a head", "a long head"],
)
def test_a_head_that_never_ends_or_is_too_long_is_ended(
    sent: bytes, status: bytes, hasty: Server
) -> None:
    with hasty.open() as connection:
        connection.sendall(sent)
        said = connection.recv(100)
    assert said.startswith(b"HTTP/1.1 " + status)
    assert hasty.ask_until(fine, "/health").status == 200


def test_too_many_requests_at_once_are_sent_away(files: dict[str, Path]) -> None:
    with serving(files["regression"], "--max-requests", "2", "--timeout", "240") as server:
        lines = [server.open(BODY) for _ in range(2)]  # each waits for its body
        reply = server.ask_until(lambda found: found.status == 429, body={"rows": [ROW]})
        for line in lines:
            line.close()
        assert (reply.status, reply.code, reply.headers["retry-after"]) == (429, "V04", "1")
        assert server.ask_until(fine, body={"rows": [ROW]}).status == 200


def test_a_token_is_asked_for_and_never_shown(files: dict[str, Path]) -> None:
    with serving(files["regression"], TENFOLD_TOKEN="s3cret") as server:  # noqa: S106
        without = server.ask(body={"rows": [ROW]})
        assert (without.status, without.code) == (401, "V05")
        assert without.headers["www-authenticate"] == "Bearer"
        assert server.ask(body={"rows": [ROW]}, Authorization="Bearer other").status == 401
        assert server.ask(body={"rows": [ROW]}, Authorization="Bearer s3cret").status == 200
        assert server.ask("/schema").status == 401
        assert server.ask("/health").status == 200
        assert b"s3cret" not in server.ask("/").body


def test_the_examples_of_the_openapi_work(houses: Server) -> None:
    document = houses.ask("/openapi.json").json
    given = document["paths"]["/predict"]["post"]["requestBody"]["content"]
    assert given["application/json"]["example"]["rows"][0]["town"] in {"Ulm", "Bonn", "Köln"}
    for kind, media in given.items():
        example = media["example"]
        body = example.encode() if isinstance(example, str) else example
        assert len(houses.ask(body=body, kind=kind).json["predictions"]) == 1
    reply = document["paths"]["/predict"]["post"]["responses"]["200"]["content"][
        "application/json"
    ]
    example = given["application/json"]["example"]
    assert houses.ask(body=example).json == reply["example"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["regression", "classification", "pictures"])
def test_schemathesis_finds_no_fault(name: str, files: dict[str, Path], tmp_path: Path) -> None:
    with serving(files[name]) as server:
        done = subprocess.run(
            [
                *(
                    sys.executable,
                    "-m",
                    "schemathesis.cli",
                    "run",
                    f"{server.url}/openapi.json",
                ),
                *("--max-examples", "60", "--seed", "1", "--no-color"),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stdout[-3_000:]
        assert "generated" in done.stdout


def test_workers_count_together(files: dict[str, Path]) -> None:
    with serving(files["regression"], "--workers", "2") as server:
        for _ in range(12):
            assert server.ask(body={"rows": [ROW]}).status == 200
        wanted = b'tenfold_requests_total{path="/predict",status="200"} 12.0'
        # A request is counted once its answer is on the way.
        metrics = server.ask_until(lambda reply: wanted in reply.body, "/metrics").body
    assert wanted in metrics
    assert b"tenfold_batch_rows_sum 12.0" in metrics


def test_a_server_that_is_told_to_end_answers_first(files: dict[str, Path]) -> None:
    """It has read the head of a request and asked for its body when it is told."""
    csv = frame_of_houses(50, seed=2).drop(columns="price").to_csv(index=False).encode()
    head = f"Content-Type: text/csv\r\nContent-Length: {len(csv)}\r\nConnection: close"
    with (
        serving(files["regression"]) as server,
        server.open(f"{head}\r\nExpect: 100-continue") as asking,
    ):
        assert asking.recv(100).startswith(b"HTTP/1.1 100")
        server.process.send_signal(signal.SIGTERM)
        asking.sendall(csv)
        received = said_by(asking)
        status, said = server.stop()
    assert received.startswith(b"HTTP/1.1 200")
    assert len(json.loads(received.partition(b"\r\n\r\n")[2])["predictions"]) == 50
    assert (status, said) == (0, "")


def test_whoever_listens_to_all_is_warned(files: dict[str, Path]) -> None:
    with serving(files["regression"], "--host", "0.0.0.0") as server:  # noqa: S104
        status, said = server.stop()
    assert status == 0
    assert "other machines can connect" in said
    assert "no --token" in said


WITHOUT_TORCH: Final = """
import asyncio, json, sys
from pathlib import Path
from tenfold.exported import Exported
from tenfold.serve.app import app_of
from tenfold.serve_options import ServeOptions
app = app_of(Exported.open(Path(sys.argv[1])), ServeOptions())
body = json.dumps({"rows": [json.loads(sys.argv[2])]}).encode()
sent = []
async def receive():
    return {"type": "http.request", "body": body}
async def send(message):
    sent.append(message)
scope = {
    "type": "http", "method": "POST", "path": "/predict", "raw_path": b"/predict",
    "query_string": b"contributions=true", "http_version": "1.1", "scheme": "http",
    "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
    "server": ("localhost", 80), "client": ("localhost", 1), "root_path": "",
}
asyncio.run(app(scope, receive, send))
heavy = {"torch", "sklearn", "lightgbm", "matplotlib"}
print(sent[0]["status"], sorted(heavy & set(sys.modules)))
"""


def test_an_answer_needs_no_torch(files: dict[str, Path]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, files["regression"], json.dumps(ROW)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("200 []\n", "")


def test_a_port_that_is_taken_and_a_file_that_is_none_are_told(
    files: dict[str, Path], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        options = ServeOptions(port=taken.getsockname()[1])
        with pytest.raises(ServeError, match="V11"):
            serve(files["regression"], options, print)
    with pytest.raises(StoreError, match="M09"):
        serve(tmp_path / "absent.onnx", ServeOptions(), print)
