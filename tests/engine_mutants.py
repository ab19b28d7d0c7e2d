"""Model files spoiled at random, with a seed: their bytes, their archive, their parts.

A mutant whose bytes are flipped hardly ever passes the checksums, so most of them are changed
inside, and packed again as if they were whole.
"""

import copy
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from typing import Any, Final

import safetensors.torch
import torch

from tenfold.store.members import MANIFEST, WEIGHTS

ODD: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1, 2, 3, 7, 64, 255, 1_000, 4_096, 10**6, 10**9, 2**31, 2**63),
    *(-(10**9), 10**30, 0.5, -0.0, 1e308, 1e-320, float("nan"), float("inf"), float("-inf")),
    *(
        "",
        "x",
        "../../etc/passwd",
        "\0",
        "\ud800",
        "é" * 50,
        "%Q%%",
        "1e999",
        "__import__('os')",
    ),
    *([], {}, [[]], [0] * 500, ["a"] * 500, {"a": {"b": []}}, [None], [10**9, 10**9]),
)
KINDS: Final = ("f2", "f8", "i8", "u1", "b1", "bf")
DTYPES: Final = dict(
    zip(
        KINDS,
        (
            *(torch.float16, torch.float64, torch.int64),
            *(torch.uint8, torch.bool, torch.bfloat16),
        ),
        strict=True,
    )
)
Draw = random.Random


def mutant(seed: bytes, draw: Draw) -> tuple[str, bytes]:
    """Return how a file was spoiled, and its bytes."""
    kind = draw.choices(list(WAYS), weights=[weight for weight, _ in WAYS.values()])[0]
    return kind, WAYS[kind][1](seed, draw)


def spoiled_bytes(data: bytes, draw: Draw) -> bytes:
    """Flip, cut, write over, repeat or leave out bytes."""
    found = bytearray(data)
    for _ in range(draw.choice([1, 1, 2, 8])):
        at, length = draw.randrange(len(found) or 1), draw.choice([1, 1, 4, 64])
        way = draw.randrange(5)
        if way == 0 and found:
            found[at] ^= 1 << draw.randrange(8)
        elif way == 1:
            del found[at:]
        elif way == 2:
            found[at : at + length] = draw.randbytes(length)
        elif way == 3:
            found[at:at] = found[draw.randrange(len(found) or 1) :][:length]
        else:
            del found[at : at + length]
    return bytes(found)


def spoiled_ends(data: bytes, draw: Draw) -> bytes:
    """Write odd numbers where an archive says how long its parts are."""
    found = bytearray(data)
    heads = [at for at in range(len(data) - 4) if data[at : at + 2] == b"PK"]
    heads = [at for at in heads if data[at + 2 : at + 4] in (b"\1\2", b"\3\4", b"\5\6")]
    for _ in range(draw.choice([1, 2, 3])):
        at = draw.choice(heads) + draw.randrange(4, 46)
        size = draw.choice([1, 2, 4])
        number = draw.choice([0, 1, 8, 12, 14, 0xFF, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF])
        found[at : at + size] = struct.pack("<Q", number)[:size]
    return bytes(found[: len(data)])


def spoiled_archive(data: bytes, draw: Draw) -> bytes:
    """Pack the parts otherwise: twice, in other ways, under other names, among many."""
    parts, out = parts_of(data), io.BytesIO()
    way = draw.randrange(7)
    kind = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
    with zipfile.ZipFile(out, "w", draw.choice(kind)) as archive:
        for name, part in parts.items():
            if way == 0 and draw.random() < 0.5:
                continue
            content = bytes(draw.choice([0, 10**4, 3 * 10**7])) if way == 1 else part
            archive.writestr(("../" if way == 2 else "") + name, content)
            if way == 3:
                archive.writestr(zipfile.ZipInfo(name + draw.choice(["", "x"])), part)
        if way == 4:
            for number in range(draw.choice([10, 3_000, 30_000])):
                archive.writestr(f"{number}", b"")
        if way == 5:
            archive.comment = draw.randbytes(draw.choice([1, 60_000]))
        if way == 6:
            archive.writestr("/etc/x.py", b"raise SystemExit")
    return out.getvalue()


def spoiled_manifest(data: bytes, draw: Draw) -> bytes:
    """Change some values of the manifest."""
    parts = parts_of(data)
    manifest = json.loads(parts[MANIFEST])
    for _ in range(draw.choice([1, 1, 1, 2, 4])):
        change_value(manifest, draw)
    text = json.dumps(manifest, default=str)
    way = draw.random()
    if way < 0.02:
        text = text.replace("{", '{"a":' + "[" * 10**5, 1)
    elif way < 0.04:
        text = text.replace("{", '{"new key": ["and", {"more": 1}], ', 1)
    elif way < 0.05:
        text = text[: draw.randrange(len(text))]
    elif way < 0.06:
        text = text.replace("{", '{"a": [' + "[]," * 10**6 + "0], ", 1)
    elif way < 0.07:
        text = text.replace("{", '{"a": ' + "9" * 10**5 + ", ", 1)
    return packed(parts | {MANIFEST: text.encode("utf-8", "surrogatepass")})


def change_value(manifest: Any, draw: Draw) -> None:
    """Replace, take out, double or rename a value somewhere in a document."""
    at, key = draw.choice(list(places(manifest)))
    found = at[key]
    way = draw.randrange(6)
    if way == 0:
        del at[key]
    elif way == 1 and isinstance(found, (int, float)) and not isinstance(found, bool):
        at[key] = draw.choice(
            [found + 1, found - 1, -found, found * 2, found * 1000, 1 - found]
        )
    elif way == 2 and isinstance(found, list):
        at[key] = draw.choice([found * 2, found[1:], found[::-1], [found], found * 1000])
    elif way == 3 and isinstance(at, dict):
        at[f"{key}x"] = at.pop(key)
    elif way == 4:
        other, name = draw.choice(list(places(manifest)))
        at[key] = copy.deepcopy(other[name])
    else:
        at[key] = copy.deepcopy(draw.choice(ODD))


def places(document: Any) -> list[tuple[Any, Any]]:
    """Return all places of a document: what holds a value, and where."""
    found: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one))
        found += [(one, key) for key in keys]
        waiting += [one[key] for key in keys if isinstance(one[key], (dict, list))]
    return found


def spoiled_tensors(data: bytes, draw: Draw) -> bytes:  # noqa: C901 - a way a branch
    """Change types, shapes, numbers and names of tensors."""
    parts = parts_of(data)
    tensors = safetensors.torch.load(parts[WEIGHTS])
    for _ in range(draw.choice([1, 1, 2, 3])):
        name = draw.choice(list(tensors))
        one, way = tensors[name], draw.randrange(8)
        if way == 0:
            tensors[name] = one.to(DTYPES[draw.choice(KINDS)])
        elif way == 1:
            tensors[name] = torch.cat([one, one]) if one.ndim else one.reshape(1)
        elif way == 2:
            tensors[name] = one.reshape(*one.shape, 1).transpose(0, -1).contiguous()
        elif way == 3:
            del tensors[name]
            tensors["x" * draw.randrange(1, 90)] = one
        elif way == 4:
            tensors[name] = torch.zeros((0, *one.shape[1:]), dtype=one.dtype)
        elif way == 5:
            change_number(one, draw)
        elif way == 6:
            tensors[name] = torch.zeros((10**6, 0), dtype=one.dtype)
        else:
            tensors[name] = one * 0
    return packed(parts | {WEIGHTS: safetensors.torch.save(tensors)})


def change_number(tensor: torch.Tensor, draw: Draw) -> None:
    """Write an odd number somewhere."""
    if tensor.numel():
        number = draw.choice([float("nan"), float("inf"), -1.0, 1e30, 7.0])
        whole = draw.choice([-1, 0, 1, 100])
        at = draw.randrange(tensor.numel())
        tensor.view(-1)[at] = number if tensor.is_floating_point() else whole


def spoiled_header(data: bytes, draw: Draw) -> bytes:
    """Change what the weights say of their tensors."""
    parts = parts_of(data)
    weights = parts[WEIGHTS]
    length = int.from_bytes(weights[:8], "little")
    header = json.loads(weights[8 : 8 + length])
    change_value(header, draw)
    text = json.dumps(header, default=str).encode("utf-8", "surrogatepass")
    claimed = draw.choice([len(text)] * 6 + [0, 2**63, 10**8, len(text) + 1])
    new = claimed.to_bytes(8, "little") + text + weights[8 + length :]
    return packed(parts | {WEIGHTS: new})


def spoiled_both(data: bytes, draw: Draw) -> bytes:
    """Change the manifest and the tensors."""
    return spoiled_tensors(spoiled_manifest(data, draw), draw)


def parts_of(data: bytes) -> dict[str, bytes]:
    """Return the parts of an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    """Return an archive of such parts, its checksums right."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


WAYS: Final[dict[str, tuple[int, Callable[[bytes, Draw], bytes]]]] = {
    "bytes": (4, spoiled_bytes),
    "ends": (4, spoiled_ends),
    "archive": (2, spoiled_archive),
    "manifest": (12, spoiled_manifest),
    "tensors": (5, spoiled_tensors),
    "header": (3, spoiled_header),
    "both": (2, spoiled_both),
}
