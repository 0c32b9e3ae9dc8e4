import { isDeepStrictEqual } from 'node:util';
import { type Choices, choicesFrom } from '@budget/test-tools';
import type { LedgerStore } from '../store.js';
import { type ModelClock, modelClock } from './model-clock.js';
import { comparableScope, isSameResult } from './model-comparison.js';
import { burst, endAllDue, type ModelNames, type ModelStep, modelNames, nextStep, reads } from './model-steps.js';
import type { ModelWorld } from './model-world.js';
import { LedgerOracle } from './oracle.js';

export interface ModelCheck {
  readonly seed: number;
  readonly steps: number;
  /** Called for each episode. */
  readonly openWorld: () => ModelWorld;
}

export interface ModelCheckResult {
  readonly steps: number;
  readonly episodes: number;
  /** How often each verb ended how, so that a checker which checks nothing is seen. */
  readonly outcomes: ReadonlyMap<string, number>;
}

const STEPS_AN_EPISODE = 300;
const STEPS_BETWEEN_LOOKS = 50;
const HANDLES = 3;
const MOST_AT_ONCE = 12;
const LINES_SHOWN = 24;

/**
 * Random verbs on a store and on the oracle, which must say the same after each of them: with clocks that jump both
 * ways, several verbs at once where their order is known, several handles in turns as if they were processes, and crashes. Every episode begins with an empty ledger.
 *
 * @throws Error with the seed of the episode, the number of the step and the last steps.
 */
export async function checkModel({ seed, steps, openWorld }: ModelCheck): Promise<ModelCheckResult> {
  const outcomes = new Map<string, number>();
  let done = 0;
  let episodes = 0;
  for (; done < steps; done += STEPS_AN_EPISODE, episodes += 1) {
    const world = openWorld();
    const episode = new Episode(seed + episodes, world, outcomes);
    try {
      await episode.run(STEPS_AN_EPISODE);
    } finally {
      await episode.end();
      await world.remove();
    }
  }
  return { steps: done, episodes, outcomes };
}

class Episode {
  readonly #seed: number;
  readonly #world: ModelWorld;
  readonly #outcomes: Map<string, number>;
  readonly #choices: Choices;
  readonly #clock: ModelClock;
  readonly #names: ModelNames;
  readonly #oracle: LedgerOracle;
  readonly #last: string[] = [];
  #handles: (LedgerStore | null)[] = Array.from({ length: HANDLES }, () => null);
  #step = 0;

  constructor(seed: number, world: ModelWorld, outcomes: Map<string, number>) {
    this.#seed = seed;
    this.#world = world;
    this.#oracle = new LedgerOracle(world.expiredAtOnce);
    this.#outcomes = outcomes;
    this.#choices = choicesFrom(seed);
    this.#clock = modelClock(this.#choices);
    this.#names = modelNames(this.#choices);
  }

  async run(steps: number): Promise<void> {
    for (this.#step = 1; this.#step <= steps; this.#step += 1) {
      const kind = this.#choices.between(1, 1000);
      if (kind <= 120) this.#note('clock', [this.#clock.jump()]);
      else if (kind <= 125) await this.#crash();
      else if (kind <= 135) await this.#close();
      else if (kind <= 250 && this.#world.isInOrder) await this.#verbsAtOnce();
      else await this.#verbs([nextStep(this.#choices, this.#names)]);
      if (this.#step % STEPS_BETWEEN_LOOKS === 0 || this.#step === steps) await this.#lookAtEverything();
    }
  }

  async end(): Promise<void> {
    for (const handle of this.#handles) await handle?.close();
  }

  /** Asked in one moment, so that they may share a transaction. */
  async #verbsAtOnce(): Promise<void> {
    const steps = this.#choices.chance(0.5)
      ? burst(this.#choices, this.#names)
      : Array.from({ length: this.#choices.between(2, MOST_AT_ONCE) }, () => nextStep(this.#choices, this.#names));
    await this.#verbs([endAllDue(), ...steps.filter(({ name }) => !reads.has(name))]);
  }

  async #verbs(steps: readonly ModelStep[]): Promise<void> {
    const [handle, nowMs] = [await this.#handle(), this.#clock.nowMs()];
    for (const { name, given } of steps) this.#note(name, given);
    const found = await Promise.all(
      steps.map(({ name, store }) => store(handle).catch((error: unknown) => this.#fail(name, error, 'no error'))),
    );
    for (const [index, { name, given, oracle }] of steps.entries()) {
      const expected = oracle(this.#oracle, nowMs);
      if (!isSameResult(found[index], expected)) this.#fail(`${name} ${text(given)}`, found[index], expected);
      const outcome = `${name} ${outcomeOf(expected)}`;
      this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
    }
  }

  async #crash(): Promise<void> {
    this.#note('crash', []);
    await this.#world.crash();
    await this.#closeAll();
  }

  async #close(): Promise<void> {
    const isAll = this.#choices.chance(0.5);
    this.#note('close', [isAll ? 'all' : 'one']);
    if (isAll) return this.#closeAll();
    const index = this.#choices.between(0, HANDLES - 1);
    await this.#handles[index]?.close();
    this.#handles[index] = null;
  }

  async #closeAll(): Promise<void> {
    await this.end();
    this.#handles = this.#handles.map(() => null);
  }

  /** One of several that are open on the same ledger. */
  async #handle(): Promise<LedgerStore> {
    const index = this.#choices.between(0, HANDLES - 1);
    const handle = this.#handles[index] ?? (await this.#world.open(this.#clock));
    this.#handles[index] = handle;
    return handle;
  }

  async #lookAtEverything(): Promise<void> {
    const [store, nowMs] = [await this.#handle(), this.#clock.nowMs()];
    const scopes = [...new Set([...this.#names.scopes, ...this.#names.threads.map((name) => `thread:${name}`)])];
    const states = new Map<string, unknown>();
    for (const scope of scopes) {
      const found = comparableScope(await store.readScope(scope));
      const expected = comparableScope(this.#oracle.readScope(scope, nowMs));
      if (!isDeepStrictEqual(found, expected)) this.#fail(`readScope ${scope}`, found, expected);
      if (expected !== null) states.set(scope, expected);
    }
    await this.#lookAtPages(store, states);
    for (const id of this.#names.ids) {
      const [found, expected] = [await store.readReservation(id), this.#oracle.readReservation(id, nowMs)];
      if (!isSameResult(found, expected)) this.#fail(`readReservation ${id}`, found, expected);
    }
    const [threads, expectedThreads] = [
      await store.listThreads({ after: null, limit: 100 }),
      this.#oracle.listThreads(nowMs),
    ];
    if (!isDeepStrictEqual(threads, expectedThreads)) this.#fail('listThreads', threads, expectedThreads);
    const discrepancies = await store.audit();
    if (discrepancies.length > 0) this.#fail('audit', discrepancies, []);
  }

  async #lookAtPages(store: LedgerStore, states: ReadonlyMap<string, unknown>): Promise<void> {
    const limit = this.#choices.between(1, 30);
    const found = new Map<string, unknown>();
    for (let after: string | null = null; ; ) {
      const page = await store.listScopes({ after, limit });
      for (const state of page) {
        if (after !== null && state.scope <= after) this.#fail('listScopes: order', state.scope, `after ${after}`);
        after = state.scope;
        const shown = comparableScope(state);
        if (shown !== null) found.set(state.scope, shown);
      }
      if (page.length > limit) this.#fail('listScopes: length', page.length, limit);
      if (page.length < limit) break;
    }
    if (!isDeepStrictEqual(found, states)) this.#fail('listScopes', found, states);
  }

  #note(name: string, given: readonly unknown[]): void {
    this.#last.push(`${this.#step}. ${name} ${given.map(text).join(', ')}`);
    if (this.#last.length > LINES_SHOWN) this.#last.shift();
  }

  #fail(what: string, found: unknown, expected: unknown): never {
    const now = new Date(this.#clock.nowMs()).toISOString();
    throw new Error(
      [
        `Seed ${this.#seed}, step ${this.#step}, ${now}: ${what}`,
        `  the store:  ${text(found)}`,
        `  the oracle: ${text(expected)}`,
        `Again: BUDGET_FUZZ_SEED=${this.#seed} BUDGET_FUZZ_COUNT=${STEPS_AN_EPISODE}. The last steps:`,
        ...this.#last.map((line) => `  ${line}`),
      ].join('\n'),
      found instanceof Error ? { cause: found } : undefined,
    );
  }
}

function outcomeOf(result: unknown): string {
  if (typeof result !== 'object' || result === null) return String(result);
  const { status, crossings = [] } = result as { status?: string; crossings?: readonly unknown[] };
  return `${status ?? 'done'}${crossings.length > 0 ? ' with crossings' : ''}`;
}

function text(value: unknown): string {
  if (value instanceof Error) return String(value);
  if (value instanceof Map) return text([...value]);
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each)) ?? 'undefined';
}
