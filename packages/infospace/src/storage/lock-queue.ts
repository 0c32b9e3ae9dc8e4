/** Turns of one process, first come, first served, by name. A name is here as long as somebody has its turn. */
const queues = new Map<string, Array<() => void>>();

const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits until nobody of this process has the turn for `name`; true means it is ours until `passTurn`, false that
 * `timeoutMs` went by. A queue is as long as what a process asks for within one time-out.
 */
export function takeTurn(name: string, timeoutMs: number): Promise<boolean> {
  const queue = queues.get(name);
  if (queue === undefined) {
    queues.set(name, []);
    return Promise.resolve(true);
  }
  return new Promise((resolve) => {
    const begin = () => {
      clearTimeout(timer);
      resolve(true);
    };
    const giveUp = () => {
      queue.splice(queue.indexOf(begin), 1);
      resolve(false);
    };
    const timer = setTimeout(giveUp, Math.min(timeoutMs, MAX_TIMER_MS));
    queue.push(begin);
  });
}

/** Hands the turn to the next in the queue. */
export function passTurn(name: string): void {
  const next = queues.get(name)?.shift();
  if (next === undefined) queues.delete(name);
  else next();
}
