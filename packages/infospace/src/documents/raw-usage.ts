/**
 * What may be kept of a provider's own usage object: its figures. It is data from outside, and some servers put it into
 * the same object as the answer (Ollama), so nothing passes that could hold a piece of a prompt or of an answer: no text
 * but a few words such as a service tier, no map but those named like a part of a usage, no list of numbers (a list of
 * token ids is a prompt too).
 */
export type RawUsage = { readonly [key: string]: RawFigure };
type RawFigure = number | bigint | boolean | string | null | RawUsage | readonly RawUsage[];

const MAX_FIELDS = 200;
const MAX_ITEMS = 20;
const MAX_DEPTH = 5;
const KEY = /^[A-Za-z][\w.-]{0,63}$/;
const PART = /usage|token|detail|cost|cache|unit|tool_use|iteration/i;
const WORD_KEY = /^(?:service_?tier|tier|inference_geo|traffic_?type|modality|currency|speed)$/i;
const WORD = /^[A-Za-z][\w.-]{0,31}$/;
/** Amounts are written as text by those who do not trust floats. */
const NUMBER_AS_TEXT = /^-?\d{1,24}(?:\.\d{1,24})?$/;

/** `null` for what is no map. Never throws. */
export function keepFigures(usage: unknown): RawUsage | null {
  return isMap(usage) ? figuresOf(usage, { fields: 0 }, 1) : null;
}

function figuresOf(map: Readonly<Record<string, unknown>>, seen: { fields: number }, depth: number): RawUsage {
  const kept: Record<string, RawFigure> = {};
  for (const [key, value] of Object.entries(map)) {
    if (seen.fields >= MAX_FIELDS) break;
    if (!KEY.test(key)) continue;
    const figure = figureOf(key, value, seen, depth);
    if (figure === undefined) continue;
    seen.fields++;
    kept[key] = figure;
  }
  return kept;
}

function figureOf(key: string, value: unknown, seen: { fields: number }, depth: number): RawFigure | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'string') {
    return NUMBER_AS_TEXT.test(value) || (WORD_KEY.test(key) && WORD.test(value)) ? value : undefined;
  }
  if (depth >= MAX_DEPTH || !PART.test(key)) return undefined;
  if (Array.isArray(value))
    return value
      .filter(isMap)
      .slice(0, MAX_ITEMS)
      .map((item) => figuresOf(item, seen, depth + 1));
  return isMap(value) ? figuresOf(value, seen, depth + 1) : undefined;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
