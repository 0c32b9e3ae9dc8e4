import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@budget/core';

/** How long a holder that cannot be asked must give no sign of life before its lock is taken over. */
export const SILENCE_MS = 30_000;

const HEARTBEAT_MS = 5_000;
const MAX_COUNTED_PER_LOOK_MS = 1_000;

/**
 * Touches the token, or another file, every 5 s, so that processes of other machines and containers, which cannot see whether we live,
 * see that we do. Returns the function that ends it.
 */
export function startHeartbeat(directory: string, token: string): () => void {
  const timer = setInterval(() => {
    try {
      utimesSync(join(directory, token), new Date(), new Date());
    } catch {
      // Whether the token is still ours is found out when it is given back.
    }
  }, HEARTBEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}

export interface Silence {
  readonly firstSeenMs: number;
  readonly silentMs: number;
}

/**
 * Watches tokens for signs of life. No clocks are compared, which differ between machines: what counts is that a token
 * changes at all.
 */
export function watchSilence(directory: string, clock: Clock): (token: string) => Silence {
  const seen = new Map<string, Silence & { touchedMs: number; lastLookMs: number }>();
  return (token) => {
    const nowMs = clock.nowMs();
    const touchedMs = statSync(join(directory, token), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const before = seen.get(token);
    const sameAsBefore = before !== undefined && before.touchedMs === touchedMs;
    const now = {
      touchedMs,
      lastLookMs: nowMs,
      firstSeenMs: sameAsBefore ? before.firstSeenMs : nowMs,
      // A long gap means that this process was stopped, and perhaps the holder with it (a laptop that slept).
      silentMs: sameAsBefore ? before.silentMs + Math.min(nowMs - before.lastLookMs, MAX_COUNTED_PER_LOOK_MS) : 0,
    };
    seen.set(token, now);
    return now;
  };
}
