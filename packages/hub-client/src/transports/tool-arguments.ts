import { isFields } from '@budget/core';
import type { TokenEvent } from '../token-event.js';

/**
 * What a tool is called with: `event`, or a part of it such as `event.data.total_tokens`, under each argument's name. A
 * single path stands for all arguments at once: `event.data` calls the tool with the fields of `data`.
 */
export type ToolArguments = string | Readonly<Record<string, string>>;

const PATH = /^event(?:\.\w+)*$/;

/** What is wrong with them, for people, or `null`. */
export function toolArgumentsFault(given: ToolArguments): string | null {
  const paths = typeof given === 'string' ? [given] : Object.values(given);
  const wrong = paths.find((path) => !PATH.test(path));
  return wrong === undefined
    ? null
    : `the arguments of the hub's tool are paths such as event or event.data.total_tokens, not ${JSON.stringify(wrong)}`;
}

/** Parts that the event lacks are left out. */
export function toolArguments(paths: ToolArguments, event: TokenEvent): Readonly<Record<string, unknown>> {
  if (typeof paths === 'string') {
    const whole = partOf(event, paths);
    return isFields(whole) ? whole : {};
  }
  const given = Object.entries(paths).map(([name, path]) => [name, partOf(event, path)] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function partOf(event: TokenEvent, path: string): unknown {
  let part: unknown = { event };
  for (const key of path.split('.')) part = isFields(part) && Object.hasOwn(part, key) ? part[key] : undefined;
  return part;
}
