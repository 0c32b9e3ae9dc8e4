// The types of the package. It is plain JavaScript, so that long scripts can use it without a build.

/** Choices that a seed repeats. What the system's scheduler does cannot be repeated. */
export interface Random {
  /** From 0 to 1, without 1. */
  fraction(): number;
  /** A whole number, both ends included. */
  integer(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<Item>(list: readonly Item[]): Item;
  /** One of `[weight, value]`. */
  weighted<Value>(choices: readonly (readonly [number, Value])[]): Value;
}

export function randomFrom(seed: number): Random;

/** Choices that follow from a seed alone, so that a case can be repeated and many are cheap to make. */
export interface Choices {
  /** True in this share of all cases. */
  chance(share: number): boolean;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  oneOf<Item>(items: readonly Item[]): Item;
}

export function choicesFrom(seed: number): Choices;

/** The flags of a script, each with a default, and the three that all have. A number where the default is one. */
export function readOptions<Defaults extends Readonly<Record<string, string | number | boolean>>>(
  defaults: Defaults,
): Defaults & { readonly seed: number; readonly directory: string; readonly keep: boolean };

/** Collects what went wrong, and ends the script with all figures and an exit code. */
export class Findings {
  /** Says at once what is wrong, and goes on: the next rounds may tell more. */
  violation(message: string): void;
  /** The script itself failed, so that nothing is proved. */
  broken(error: Error): void;
  /** @returns whether it holds. */
  expect(holds: boolean, message: string | (() => string)): boolean;
  get count(): number;
  finish(figures: Readonly<Record<string, unknown>>): void;
}

/** One line of JSON on standard output. */
export function print(value: unknown): void;

/**
 * Runs a script of `torture/`, and gives the figures it ends with.
 *
 * @throws Error with all that it printed, the seed too, where it fails.
 */
export function runTorture(script: string, ...flags: readonly string[]): Promise<unknown>;
