"""A client of `budget serve`: limits on what calls cost, set aside before each call. It needs no package."""

import contextlib
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

TRIES = 5


class BudgetExceeded(Exception):
    """A limit has no room. Nothing was set aside, and nothing may be sent."""

    def __init__(self, refusal):
        super().__init__(refusal["detail"])
        self.refusal = refusal


class LimitsError(Exception):
    """The server refused what was asked: status, code, and what to do."""

    def __init__(self, status, answer):
        super().__init__(f"{status} {answer.get('code')}: {answer.get('detail')}")
        self.status = status
        self.code = answer.get("code")


class Limits:
    """Amounts are whole numbers: tokens, calls, and nanoUsd, of which a dollar has 1,000,000,000."""

    def __init__(self, url=None, token=None, timeout_seconds=10):
        self.url = url or os.environ.get("BUDGET_URL", "http://127.0.0.1:8791/api/v1")
        self.token = token or os.environ.get("BUDGET_SERVE_TOKEN")
        self.timeout_seconds = timeout_seconds
        # Not through a proxy: the server is on this machine, or named on purpose.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def set(self, scope, **limit):
        """set("run:1", unit="nanoUsd", limit=5_000_000_000, window={"every": "day", "timeZone": "UTC"})"""
        return self._ask("PUT", f"/limits/{quoted(scope)}", limit)

    def show(self, scope):
        return self._ask("GET", f"/limits/{quoted(scope)}")

    def reserve(self, scopes, amounts, id=None, **options):
        """Sets the amounts aside on every limit, or raises BudgetExceeded. Gives the id of the reservation."""
        id = id or str(uuid.uuid4())
        return self._ask("POST", "/reservations", {"id": id, "scopes": scopes, "amounts": amounts, **options})["id"]

    def sent(self, id):
        return self._ask("POST", f"/reservations/{quoted(id)}/sent")

    def settle(self, id, amounts):
        return self._ask("POST", f"/reservations/{quoted(id)}/settle", {"amounts": amounts})

    def release(self, id):
        return self._ask("POST", f"/reservations/{quoted(id)}/release")

    @contextlib.contextmanager
    def call(self, scopes, amounts):
        """Reserves, marks sent, and settles what the block adds to the dict that it gets; all of it if the block fails."""
        id = self.reserve(scopes, amounts)
        self.sent(id)
        used = {}
        try:
            yield used
        finally:
            # Whoever does not know what was used may have used all of it.
            self.settle(id, used or amounts)

    def _ask(self, method, path, body=None):
        """Again with the same id, if nobody answered or the ledger was busy: what was done is not done twice."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                **({} if body is None else {"content-type": "application/json"}),
                **({} if self.token is None else {"authorization": f"Bearer {self.token}"}),
            },
        )
        for left in reversed(range(TRIES)):
            try:
                with self.opener.open(request, timeout=self.timeout_seconds) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:
                answer = json.load(error)
                if error.code == 402:
                    raise BudgetExceeded(answer) from None
                if error.code != 503 or left == 0:
                    raise LimitsError(error.code, answer) from None
                time.sleep(int(error.headers.get("retry-after", 1)))
            except OSError:
                if left == 0:
                    raise
                time.sleep(0.2)


def quoted(name):
    return urllib.parse.quote(name, safe="")
