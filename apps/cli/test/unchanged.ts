import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ReceivedRequest } from '@budget/replay';

/** The output of a program without `budget`. */
export async function printed(
  [command, ...parameters]: readonly [string, ...string[]],
  env: Record<string, string>,
): Promise<string> {
  const { stdout } = await promisify(execFile)(command, parameters, { env: { ...process.env, ...env } });
  return stdout;
}

export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** What belongs to one connection, and the length, which grows where the usage of a stream is asked for. */
const OF_CONNECTION = new Set(['host', 'connection', 'transfer-encoding', 'content-length']);

/** All else that a provider sees, but for what is added so that a stream tells its usage. */
export function sent({ method, path, headers, json }: ReceivedRequest) {
  const others = Object.entries(headers).filter(([name]) => !OF_CONNECTION.has(name));
  const { stream_options: _, ...body } = json;
  return { method, path, headers: Object.fromEntries(others), body };
}
