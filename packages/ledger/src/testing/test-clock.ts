import type { Clock } from '@budget/core';

export const DAY_MS = 86_400_000;

/** Stands still until it is moved. */
export class TestClock implements Clock {
  #nowMs: number;

  constructor(start = '2026-03-01T12:00:00Z') {
    this.#nowMs = Date.parse(start);
  }

  nowMs(): number {
    return this.#nowMs;
  }

  forward(durationMs: number): void {
    this.#nowMs += durationMs;
  }
}
