import { describe, expect, it } from 'vitest';
import { LockTurns } from './lock-turns.js';

/** Of what happens again and again, how long it stood back in the end. */
function standsBack(rounds: number, { heldMs, turnMs, waitMs }: { heldMs: number; turnMs: number; waitMs: number }) {
  const turns = new LockTurns(0);
  let nowMs = 0;
  let pauseMs = 0;
  for (let round = 0; round < rounds; round += 1) {
    turns.held(heldMs);
    nowMs += turnMs;
    pauseMs = turns.lost(nowMs);
    nowMs += waitMs;
    turns.won(nowMs);
  }
  return pauseMs;
}

/** Processes that write without end. One that has stood back is served 5 ms later, and whoever had the lock loses it. */
function race(processes: readonly LockTurns[], handOvers: number): { readonly hadMs: number[]; longestMs: number } {
  const hadMs = processes.map(() => 0);
  const waiting = processes.slice(1).map((turns, index) => ({ turns, index: index + 1, sinceMs: 0, pauseMs: 1 }));
  let holder = { turns: processes[0] as LockTurns, index: 0, sinceMs: 0, pauseMs: 0 };
  let nowMs = 0;
  let longestMs = 0;
  for (let count = 0; count < handOvers; count += 1) {
    waiting.sort((one, other) => one.sinceMs + one.pauseMs - other.sinceMs - other.pauseMs);
    const next = waiting.shift() as typeof holder;
    const servedAtMs = Math.max(nowMs, next.sinceMs + next.pauseMs) + 5;
    hadMs[holder.index] = (hadMs[holder.index] as number) + servedAtMs - nowMs;
    holder.turns.held((servedAtMs - nowMs) * 0.8);
    waiting.push({ ...holder, sinceMs: servedAtMs, pauseMs: holder.turns.lost(servedAtMs) });
    next.turns.won(servedAtMs);
    longestMs = Math.max(longestMs, servedAtMs - next.sinceMs);
    [holder, nowMs] = [next, servedAtMs];
  }
  return { hadMs, longestMs };
}

describe('turns at the lock', () => {
  it('serve at once who finds it taken for the first time, and who writes now and then', () => {
    expect(standsBack(1, { heldMs: 5, turnMs: 5, waitMs: 1 })).toBe(1);
    expect(standsBack(20, { heldMs: 1, turnMs: 1000, waitMs: 2 })).toBe(1);
    expect(standsBack(20, { heldMs: 1, turnMs: 20, waitMs: 2 })).toBeLessThan(3);
  });

  it('have those stand back that write without end, the longer the more others there are, and never for long', () => {
    const ofTwo = standsBack(20, { heldMs: 8, turnMs: 10, waitMs: 10 });
    const ofEight = standsBack(20, { heldMs: 8, turnMs: 10, waitMs: 70 });
    expect(ofTwo).toBeGreaterThan(30);
    expect(ofEight).toBeGreaterThan(1.5 * ofTwo);
    expect(ofEight).toBeLessThan(3 * ofTwo);
    expect(standsBack(20, { heldMs: 10, turnMs: 10, waitMs: 1e6 })).toBe(200);
    expect(standsBack(20, { heldMs: 0, turnMs: 0, waitMs: 0 })).toBe(1);
  });

  it('come to be even, also where one has waited much longer than the others before', () => {
    for (const count of [2, 3, 8]) {
      const unlucky = new LockTurns(-1000);
      unlucky.lost(-999);
      unlucky.won(0);
      const { hadMs, longestMs } = race([...Array.from({ length: count - 1 }, () => new LockTurns(0)), unlucky], 2000);
      expect(Math.max(...hadMs) / Math.min(...hadMs)).toBeLessThan(1.5);
      expect(longestMs).toBeLessThan(300);
    }
  });
});
