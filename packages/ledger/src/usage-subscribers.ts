import { quietLog } from './threshold-events.js';
import type { UsageEvent } from './usage-event.js';

/** What it returns, or a promise of it, is not waited for. */
export type UsageSubscriber = (event: UsageEvent) => unknown;

/** How often subscribers did not do what they were called for. */
export interface SubscriberFailures {
  readonly threw: number;
  readonly rejected: number;
  /** Of promises that were not settled in time. */
  readonly unsettled: number;
  /** Events that were not told, as too many promises of the subscriber were not settled. */
  readonly skipped: number;
}

export interface SubscriberOptions {
  readonly log: (line: string) => unknown;
  /** After this long a promise counts as one that never settles. */
  readonly settlesWithinMs: number;
}

/** Of one subscriber at the same time; more would only fill the memory. */
const MAX_UNSETTLED = 1000;

/**
 * Tells every subscriber of every event. None of them can disturb the call, or another subscriber: what it throws, what
 * its promise rejects with, and that its promise does not settle is counted, and told to the log once for each subscriber.
 */
export class UsageSubscribers {
  readonly #subscribers = new Set<Subscription>();
  readonly #failures = { threw: 0, rejected: 0, unsettled: 0, skipped: 0 };
  readonly #log: (line: string) => void;
  readonly #settlesWithinMs: number;

  constructor({ log, settlesWithinMs }: SubscriberOptions) {
    this.#log = quietLog(log);
    this.#settlesWithinMs = settlesWithinMs;
  }

  /** Returns what unsubscribes. Each subscription is one of its own, also of the same function. */
  subscribe(subscriber: UsageSubscriber): () => void {
    const subscription = { subscriber, unsettled: 0, isReported: false };
    this.#subscribers.add(subscription);
    return () => this.#subscribers.delete(subscription);
  }

  tell(event: UsageEvent): void {
    // A copy: one that subscribes another is not to be followed by that for ever.
    for (const subscription of [...this.#subscribers]) {
      if (this.#subscribers.has(subscription)) this.#tellOne(subscription, event);
    }
  }

  failures(): SubscriberFailures {
    return { ...this.#failures };
  }

  #tellOne(subscription: Subscription, event: UsageEvent): void {
    if (subscription.unsettled >= MAX_UNSETTLED) {
      this.#failed(subscription, 'skipped', 'is not done with earlier events');
      return;
    }
    try {
      const returned = subscription.subscriber(event);
      if (isThenable(returned)) this.#watch(subscription, returned);
    } catch (error) {
      this.#failed(subscription, 'threw', `threw: ${textOf(error)}`);
    }
  }

  #watch(subscription: Subscription, promise: PromiseLike<unknown>): void {
    subscription.unsettled += 1;
    const late = () => this.#failed(subscription, 'unsettled', `was not done after ${this.#settlesWithinMs} ms`);
    const timer = setTimeout(late, this.#settlesWithinMs);
    // Nobody's process is kept alive by somebody who is waited for in vain.
    timer.unref();
    const settled = () => {
      clearTimeout(timer);
      subscription.unsettled -= 1;
    };
    // Through a promise of our own: one that is not of the language might call back twice, or throw.
    Promise.resolve(promise).then(settled, (error) => {
      settled();
      this.#failed(subscription, 'rejected', `rejected: ${textOf(error)}`);
    });
  }

  #failed(subscription: Subscription, how: keyof SubscriberFailures, what: string): void {
    this.#failures[how] += 1;
    if (subscription.isReported) return;
    subscription.isReported = true;
    this.#log(`A subscriber for usage ${what}. Later failures of it are counted and not told.`);
  }
}

interface Subscription {
  readonly subscriber: UsageSubscriber;
  unsettled: number;
  isReported: boolean;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
