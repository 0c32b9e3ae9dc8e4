/** An object of a provider's response, of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** A call beyond this is nonsense, and sums of fewer than 9,000 such calls stay exact as numbers. */
export const MAX_TOKENS_PER_CALL = 1_000_000_000_000;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `undefined` for what is absent and for `null`, which providers use alike. */
export function field(value: unknown, key: string): unknown {
  return isFields(value) ? (value[key] ?? undefined) : undefined;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Providers send empty text where they have nothing to say. */
export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** NaN marks nonsense and spreads through every sum it enters, so that one check at the end finds it. */
export function count(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number' && typeof value !== 'bigint') return Number.NaN;
  const tokens = Number(value);
  return Number.isInteger(tokens) && tokens >= 0 && tokens <= MAX_TOKENS_PER_CALL ? tokens : Number.NaN;
}

/** Servers that name one count in several places leave a zero in some of them. */
export function largestCount(...values: readonly unknown[]): number {
  let largest = 0;
  // Math.max is NaN where one of the counts is.
  for (const value of values) largest = Math.max(largest, count(value));
  return largest;
}

/** A count that only explains another one: nonsense in it must not spoil the call. */
export function lenientCount(...values: readonly unknown[]): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, count(value) || 0);
  return largest;
}
