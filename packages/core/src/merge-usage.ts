import { modelAfterFallback } from './anthropic-usage.js';
import { type Fields, isFields, lenientCount } from './usage-fields.js';

/**
 * Two reports of the same call's usage as one. Events of a stream repeat and raise what they counted, so they are never
 * summed: of two numbers the larger stays (some servers put zeros into one of the events), of everything else the
 * later. `null` says nothing. Where a fallback answered in the place of another model, what was told of that one is over.
 */
export function mergeUsage(earlier: Fields | null, later: Fields): Fields {
  if (earlier === null) return later;
  return modelAfterFallback(later) === null ? mergeFields(earlier, later, 1) : { ...earlier, ...later };
}

/** No usage is nested deeper than this; a hostile one must not exhaust the stack. */
const MAX_DEPTH = 8;

function mergeFields(earlier: Fields, later: Fields, depth: number): Fields {
  const merged: Record<string, unknown> = { ...earlier };
  for (const [key, value] of Object.entries(later)) {
    // Assigning to __proto__ would change the object instead of giving it a field.
    if (key !== '__proto__') {
      merged[key] = mergeValue(Object.hasOwn(earlier, key) ? earlier[key] : undefined, value, depth);
    }
  }
  if (depth === 1 && replacesInput(earlier, later)) merged['input_tokens'] = later['input_tokens'];
  return merged;
}

function mergeValue(earlier: unknown, later: unknown, depth: number): unknown {
  if (later === null || later === undefined) return earlier ?? later;
  if (isFields(earlier) && isFields(later)) return depth < MAX_DEPTH ? mergeFields(earlier, later, depth + 1) : later;
  if (typeof earlier === 'number' && typeof later === 'number') return Math.max(earlier, later);
  return later;
}

/**
 * Some servers that speak Anthropic's dialect know only at the end of a stream that most of the input came from the
 * cache, and then tell a smaller `input_tokens` beside it. The larger one would count those tokens twice.
 */
function replacesInput(earlier: Fields, later: Fields): boolean {
  return typeof later['input_tokens'] === 'number' && cachedInput(later) > cachedInput(earlier);
}

function cachedInput(usage: Fields): number {
  return lenientCount(usage['cache_read_input_tokens']) + lenientCount(usage['cache_creation_input_tokens']);
}
