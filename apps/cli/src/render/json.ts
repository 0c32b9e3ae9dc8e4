export function renderJson(value: unknown): string {
  return `${JSON.stringify(value, exactInteger, 2)}\n`;
}

/** For `JSON.stringify`, which takes no bigint: those past 2^53 become decimal text. */
export function exactInteger(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}
