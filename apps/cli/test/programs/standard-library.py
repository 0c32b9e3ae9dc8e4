"""Asks OpenAI with nothing but Python's standard library, as its parameters say; a line of JSON for each."""
import http.client
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

BASE = urllib.parse.urlsplit(os.environ["OPENAI_BASE_URL"])
HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
# Kept for all cases, as a program with a connection of its own keeps it.
CONNECTION = http.client.HTTPConnection(BASE.netloc)


def question(stream, **others):
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    return json.dumps({"model": "gpt-4o", "messages": messages, "stream": stream, **others}).encode()


def told(response):
    """Without what belongs to one connection."""
    own = {"date", "connection", "keep-alive", "transfer-encoding"}
    return response.status, sorted([name.lower(), value] for name, value in response.getheaders() if name.lower() not in own)


def urlopen(stream, timeout=20):
    request = urllib.request.Request(BASE.geturl() + "/chat/completions", question(stream), HEADERS)
    with urllib.request.urlopen(request, timeout=timeout) as response:
        return told(response), response.read().decode()


def asked(body):
    CONNECTION.request("POST", BASE.path + "/chat/completions", body, HEADERS)
    return CONNECTION.getresponse()


def whole(body):
    response = asked(body)
    return told(response), response.read().decode()


def lines(**others):
    response = asked(question(True, **others))
    return told(response), [line.decode() for line in response]


def leave():
    first = asked(question(True)).readline().decode()
    CONNECTION.close()
    return first


CASES = {
    "urllib": lambda: urlopen(False),
    "urllib-stream": lambda: urlopen(True),
    "impatient": lambda: urlopen(False, timeout=0.3),
    "client": lambda: whole(question(False)),
    # Its length is not known, so it goes out in chunks.
    "client-chunked": lambda: whole(iter([question(False)[:20], question(False)[20:]])),
    "client-stream": lines,
    "client-stream-told": lambda: lines(stream_options={"include_usage": True}),
    "leave": leave,
}

for name in sys.argv[1:]:
    try:
        outcome = {"result": CASES[name]()}
    except urllib.error.HTTPError as error:
        outcome = {"error": type(error).__name__, "status": error.code, "body": error.read().decode()}
    except Exception as error:
        outcome = {"error": type(error).__name__, "message": str(error)}
        CONNECTION.close()
    print(json.dumps({"name": name, **outcome}), flush=True)
