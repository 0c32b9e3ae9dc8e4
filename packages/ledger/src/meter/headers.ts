import { readableEncodings } from './answer-reader.js';
import { isTagHeader } from './call-tags.js';

/** Of one connection only: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1. */
const hopByHop: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings'],
]);

/**
 * What goes on to the provider, names and values in turns: without what is for us, and asking only for what we can read.
 * `dropped`: names in small letters that somebody else writes.
 */
export function requestHeaders(
  raw: readonly string[],
  host: string,
  withKeys: (value: string) => string,
  dropped: readonly string[] = [],
): string[] {
  const headers = ['host', host];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] as string;
    const value = raw[index + 1] as string;
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || isTagHeader(lower) || lower === 'host' || lower === 'expect') continue;
    if (dropped.includes(lower)) continue;
    headers.push(name, lower === 'accept-encoding' ? readableOf(value) : withKeys(value));
  }
  return headers;
}

/** What goes on to the program, each byte a character. `dropped`: names in small letters that do not hold any more. */
export function responseHeaders(raw: readonly Buffer[], dropped: readonly string[] = []): string[] {
  const headers: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] as Buffer).toString('latin1');
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || dropped.includes(lower)) continue;
    headers.push(name, (raw[index + 1] as Buffer).toString('latin1'));
  }
  return headers;
}

function readableOf(acceptEncoding: string): string {
  const wanted = acceptEncoding
    .split(',')
    .map((each) => each.trim())
    .filter((each) => readableEncodings.has((each.split(';')[0] ?? '').trim().toLowerCase()));
  return wanted.length === 0 ? 'identity' : wanted.join(', ');
}
