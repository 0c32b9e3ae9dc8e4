"""Four threads make calls on one limit until it has no room. What a call costs is made up; the limit is real."""

import random
from concurrent.futures import ThreadPoolExecutor

from budget_limits import BudgetExceeded, Limits

SCOPE = "application:python"
DOLLAR = 1_000_000_000

limits = Limits()
limits.set(SCOPE, unit="nanoUsd", limit=DOLLAR // 10)


def work(number):
    """What this thread spent, in nano-USD."""
    dice = random.Random(number)
    spent = 0
    while True:
        try:
            # A cent at most: prompt and longest answer at the dearest price.
            with limits.call([SCOPE, f"thread:{number}"], {"nanoUsd": DOLLAR // 100, "calls": 1}) as used:
                # Here the request goes out and the answer comes in, which says what it cost.
                used["nanoUsd"] = dice.randint(1_000_000, DOLLAR // 100)
            spent += used["nanoUsd"]
        except BudgetExceeded as refused:
            return spent, str(refused)


with ThreadPoolExecutor(4) as threads:
    results = list(threads.map(work, range(4)))

limit = limits.show(SCOPE)["limits"][0]
print(f"spent by the threads  {sum(spent for spent, _ in results)}")
print(f"used, says the limit  {limit['used']} of {limit['limit']}, held {limit['held']}, overrun {limit['overrun']}")
print(f"refused               {results[0][1]}")
