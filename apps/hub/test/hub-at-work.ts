import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterThisTest, temporaryDirectory } from '@budget/test-tools/vitest';
import { hashOf, newToken } from '../src/access.js';
import type { HubSettings } from '../src/hub-settings.js';
import { startHub } from '../src/start-hub.js';

export interface HubAtWork {
  readonly url: string;
  readonly database: string;
  readonly log: readonly string[];
  /** All that is kept of the events, as bytes of whatever keeps them. */
  kept(): Promise<Buffer>;
  post(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  summary(query?: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the hub answered, to be looked at
  readonly body: any;
}

/** Where hubs keep their events that are told no database. */
export interface Databases {
  newDatabase(): string | Promise<string>;
  keptIn(database: string): Buffer | Promise<Buffer>;
}

const files: Databases = {
  newDatabase: () => join(temporaryDirectory(), 'hub.db'),
  keptIn(file) {
    const directory = dirname(file);
    return Buffer.concat(readdirSync(directory).map((name) => readFileSync(join(directory, name))));
  },
};
let databases = files;

/** For all tests of a file. */
export function useDatabases(given: Databases): void {
  databases = given;
}

/** A hub in this process that listens on a port of its own, with a database of its own; both are gone after the test. */
export async function hubAtWork(changes: Partial<HubSettings> = {}): Promise<HubAtWork> {
  const settings = {
    ...{ host: '127.0.0.1', port: 0, tokens: null, ...changes },
    database: changes.database ?? (await databases.newDatabase()),
  };
  const log: string[] = [];
  const hub = await startHub(settings, { version: '1.2.3', log: (line) => log.push(line) });
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => (closed ??= hub.close());
  afterThisTest(close);
  return {
    ...{ url: hub.url, database: settings.database, log, close },
    kept: async () => databases.keptIn(settings.database),
    post: (body, headers = {}) =>
      asked(`${hub.url}/token-events`, {
        method: 'POST',
        headers: { 'content-type': `application/cloudevents${Array.isArray(body) ? '-batch' : ''}+json`, ...headers },
        body:
          typeof body === 'string' || body instanceof Uint8Array
            ? (body as NonNullable<RequestInit['body']>)
            : JSON.stringify(body),
      }),
    summary: (query = {}, headers = {}) => asked(`${hub.url}/token-summary?${new URLSearchParams(query)}`, { headers }),
  };
}

export async function asked(url: string, request: RequestInit = {}): Promise<Answer> {
  // A connection that is kept would hold the hub back when it is to end.
  const headers = { connection: 'close', ...(request.headers as Record<string, string>) };
  const { status, headers: answered, ...response } = await answerOf(url, { ...request, headers });
  return { status, headers: answered, body: parsed(response.text) };
}

async function answerOf(url: string, request: RequestInit) {
  const response = await fetch(url, request);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A token with what stands for it in the configuration. */
export function tokenFor(workspace: string, infospace: string) {
  const token = newToken();
  const entry = { name: `${workspace}/${infospace}`, sha256: hashOf(token), workspace, infospace };
  return { token, entry, headers: { authorization: `Bearer ${token}` } };
}
