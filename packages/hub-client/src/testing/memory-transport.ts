import type { TokenEvent } from '../token-event.js';
import type { Outcome, Transport } from '../transports/transport.js';

/** A hub in memory, for tests of programs that send events. */
export interface MemoryTransport extends Transport {
  /** Those that it accepted, in order. */
  readonly events: readonly TokenEvent[];
  /** What it makes of the next events; default: it accepts them. */
  answer(outcome: Outcome): void;
}

export function memoryTransport(): MemoryTransport {
  const events: TokenEvent[] = [];
  let next: Outcome = { kind: 'accepted' };
  return {
    events,
    answer(outcome) {
      next = outcome;
    },
    async send(event) {
      if (next.kind === 'accepted') events.push(event);
      return next;
    },
    async close() {},
  };
}
