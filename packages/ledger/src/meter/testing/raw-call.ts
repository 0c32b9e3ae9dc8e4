import { Agent, request } from 'node:http';
import { afterThisTest } from '@budget/test-tools/vitest';

export interface RawAnswer {
  readonly status: number;
  /** As they came, compressed or not; up to the break, where there was one. */
  readonly bytes: Buffer;
  readonly isBroken: boolean;
}

/** A client that takes bytes as they come, on connections that it keeps: `fetch` would make them plain. */
export function rawClient(): (url: string, headers: Record<string, string>, body: object) => Promise<RawAnswer> {
  const agent = new Agent({ keepAlive: true });
  afterThisTest(() => agent.destroy());
  return (url, headers, body) =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        url,
        { method: 'POST', agent, headers: { 'content-type': 'application/json', ...headers } },
        (answer) => {
          const chunks: Buffer[] = [];
          const over = (isBroken: boolean): void =>
            resolve({ status: answer.statusCode ?? 0, bytes: Buffer.concat(chunks), isBroken });
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => over(false));
          answer.on('error', () => over(true));
        },
      );
      outgoing.on('error', reject);
      outgoing.end(JSON.stringify(body));
    });
}
