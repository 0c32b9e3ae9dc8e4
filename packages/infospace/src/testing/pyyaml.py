"""Reads and writes YAML as PyYAML does, for the tests: JSON lines in, JSON lines out, types spelled out."""

import base64
import datetime
import json
import sys

import yaml


def spell(value):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": value.hex() if value == value else "nan"}
    if isinstance(value, str):
        return {"str": [ord(character) for character in value]}
    if isinstance(value, (datetime.date, datetime.datetime)):
        return {"time": value.isoformat()}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, set):
        return {"set": sorted((spell(item) for item in value), key=json.dumps)}
    if isinstance(value, (list, tuple)):
        return [spell(item) for item in value]
    return {"map": sorted(([spell(key), spell(item)] for key, item in value.items()), key=json.dumps)}


def unspell(value):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, list):
        return [unspell(item) for item in value]
    [(kind, content)] = value.items()
    if kind == "int":
        return int(content)
    if kind == "float":
        return float("nan") if content == "nan" else float.fromhex(content)
    if kind == "str":
        return "".join(chr(code) for code in content)
    if kind == "time":
        parse = datetime.datetime if "T" in content else datetime.date
        return parse.fromisoformat(content)
    if kind == "bytes":
        return base64.b64decode(content)
    if kind == "set":
        return {unspell(item) for item in content}
    return {unspell(key): unspell(item) for key, item in content}


for line in sys.stdin:
    request = json.loads(line)
    try:
        if "load" in request:
            answer = {"value": spell(yaml.safe_load(request["load"]))}
        else:
            answer = {"text": yaml.safe_dump(unspell(request["dump"]), sort_keys=False, **request.get("options", {}))}
    except Exception as error:  # the test compares failures too
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
