import { readableEncodings } from './answer-reader.js';
import { isTagHeader } from './call-tags.js';

/** Of one connection only: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1. */
const hopByHop: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

export type RawHeaders = readonly string[];

/** What goes on to the provider, names and values in turns: without what is for us, and asking only for what we can read. */
export function requestHeaders(raw: RawHeaders, host: string, withKeys: (value: string) => string): string[] {
  const headers = ['host', host];
  for (const [name, value] of pairs(raw)) {
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || isTagHeader(lower) || lower === 'host' || lower === 'expect') continue;
    if (lower === 'accept-encoding') headers.push(name, readableOf(value));
    else headers.push(name, withKeys(value));
  }
  return headers;
}

/** What goes on to the program. `dropped`: names in small letters that do not hold any more. */
export function responseHeaders(raw: RawHeaders, dropped: readonly string[] = []): string[] {
  const headers: string[] = [];
  for (const [name, value] of pairs(raw)) {
    const lower = name.toLowerCase();
    if (!hopByHop.has(lower) && !dropped.includes(lower)) headers.push(name, value);
  }
  return headers;
}

/** The same with another body. */
export function withLength(raw: RawHeaders, bytes: number): string[] {
  const headers: string[] = [];
  for (const [name, value] of pairs(raw)) if (name.toLowerCase() !== 'content-length') headers.push(name, value);
  return [...headers, 'content-length', String(bytes)];
}

function* pairs(raw: RawHeaders): Generator<readonly [name: string, value: string]> {
  for (let index = 0; index + 1 < raw.length; index += 2) yield [raw[index] as string, raw[index + 1] as string];
}

function readableOf(acceptEncoding: string): string {
  const wanted = acceptEncoding
    .split(',')
    .map((each) => each.trim())
    .filter((each) => readableEncodings.has((each.split(';')[0] ?? '').trim().toLowerCase()));
  return wanted.length === 0 ? 'identity' : wanted.join(', ');
}
