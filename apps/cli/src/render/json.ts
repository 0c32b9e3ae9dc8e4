import { jsonReady } from './json-ready.js';

export function renderJson(value: unknown): string {
  return `${JSON.stringify(jsonReady(value), null, 2)}\n`;
}
