"""Asks a model four times and prints its answers as they come. It knows nothing of budgets, and needs no package."""

import json
import os
import urllib.error
import urllib.request


def ask(question):
    request = urllib.request.Request(
        os.environ["OPENAI_BASE_URL"] + "/chat/completions",
        data=json.dumps(
            {
                "model": "gpt-4o",
                "max_tokens": 100,
                "stream": True,
                "messages": [{"role": "user", "content": question}],
            }
        ).encode(),
        headers={
            "content-type": "application/json",
            "authorization": "Bearer " + os.environ["OPENAI_API_KEY"],
        },
    )
    with urllib.request.urlopen(request) as response:
        for line in response:
            event = line.decode().strip().removeprefix("data: ")
            if event and event != "[DONE]":
                yield from (choice["delta"].get("content") or "" for choice in json.loads(event)["choices"])


for country in ["Mexico", "Mexico", "Mexico", "Mexico"]:
    try:
        for text in ask(f"What is the capital of {country}?"):
            print(text, end="", flush=True)
        print()
    except urllib.error.HTTPError as error:
        print(f"No answer ({error.code}): {json.load(error)['error']['message']}")
        break
