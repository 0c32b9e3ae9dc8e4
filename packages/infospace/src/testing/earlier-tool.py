"""Continues files as the earlier tool did, for the tests: reads all, adds one entry, writes all. JSON lines in and out.

A file is told by digests of its values, which are equal only where every value and its type are.
"""

import hashlib
import json
import os
import sys
from decimal import Decimal

import yaml

# The same values, and twenty times as fast; where it is missing the slow one does.
FAST_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FAST_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def digest(value):
    # JSON tells 1 from 1.0, from true and from "1", and what it does not know tells itself.
    text = json.dumps(value, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def bytes_of(path):
    # As they are: text mode would turn line ends into others.
    if not os.path.exists(path):
        return b""
    with open(path, "rb") as file:
        return file.read()


last_read = {"bytes": b"", "document": {}}


def read(path):
    found = bytes_of(path)
    if found != last_read["bytes"]:
        last_read.update(bytes=found, document=yaml.load(found.decode("utf-8"), Loader=FAST_LOADER) or {})
    return last_read["document"]


def digests(document, name):
    others = {key: item for key, item in document.items() if key != name}
    return {"entries": [digest(entry) for entry in document.get(name) or []], "others": digest(others)}


def sums(document):
    rollups = [run["rollup"] for run in document.get("runs") or []]

    def nano_usd(kind):
        key = f"cost_nano_usd_{kind}"
        amounts = [
            rollup.get(key) if key in rollup else Decimal(repr(rollup[f"total_cost_usd_{kind}"] or 0)) * 10**9
            for rollup in rollups
        ]
        return str(int(sum(amount or 0 for amount in amounts)))

    keys = ["total_calls", "total_prompt_tokens", "total_completion_tokens", "total_tokens"]
    return {
        **{key: sum(rollup[key] for rollup in rollups) for key in keys},
        "known": nano_usd("known"),
        "estimated": nano_usd("estimated"),
    }


def append(path, name, entry):
    document = read(path)
    document = {"schema_version": 1, **document, name: [*(document.get(name) or []), entry]}
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # As the earlier tool: the keys in their order, the list wherever it stands.
    with open(path, "w", encoding="utf-8") as file:
        yaml.dump(document, file, Dumper=FAST_DUMPER, sort_keys=False)


def answer(request):
    path, name = request["path"], request["list"]
    if "append" in request:
        append(path, name, request["append"])
        return {}
    if request.get("slowly"):
        return digests(yaml.safe_load(bytes_of(path).decode("utf-8")), name)
    document = read(path)
    return {**digests(document, name), **({"sums": sums(document)} if name == "runs" else {})}


for line in sys.stdin:
    try:
        print(json.dumps(answer(json.loads(line))), flush=True)
    except Exception as error:  # the test fails with it
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
