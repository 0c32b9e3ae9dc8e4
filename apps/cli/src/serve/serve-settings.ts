import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CodedError } from '@budget/core';
import { hostnameIn, isLoopback } from '@budget/serving';
import type { Terminal } from '../terminal.js';

/** What a person says when starting the server. What is not said is in the environment, or has a default. */
export interface ServeFlags {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly token?: string | undefined;
  /** A file with nothing but the token. */
  readonly tokenFile?: string | undefined;
  /** Names that it is asked under. */
  readonly allowedHost?: readonly string[] | undefined;
}

export interface ServeSettings {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** `undefined`: none is needed, which is for this machine alone. */
  readonly token: string | undefined;
  readonly allowedHosts: readonly string[] | undefined;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 8791;
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** @throws CodedError `token_unreadable`, `token_invalid`, `token_given_twice`, `token_needed`, `allowed_host_invalid` */
export function serveSettings(flags: ServeFlags, terminal: Terminal): ServeSettings {
  const { host = DEFAULT_HOST, port = DEFAULT_PORT, allowedHost } = flags;
  const token = configuredToken(flags, terminal);
  if (token === undefined && !isLoopback(host)) {
    throw mistake(
      'token_needed',
      `Without a token the ledger is served to this machine alone, and ${host} can be reached from others. Put a token into BUDGET_SERVE_TOKEN or a file for --token-file, or leave --host out.`,
    );
  }
  return { host, port, token, allowedHosts: allowedHostsOf(host, allowedHost) };
}

/** Nobody knows under which names an address is reached from elsewhere; there the token keeps strangers out. */
function allowedHostsOf(host: string, named: readonly string[] | undefined): readonly string[] | undefined {
  const wrong = named?.find((name) => hostnameIn(name) === '');
  if (wrong !== undefined) {
    const message = `--allowed-host is ${JSON.stringify(wrong)}, which is no name of a host. Write one that the server is asked under, such as budget.example.com; an IPv6 address as [::1].`;
    throw mistake('allowed_host_invalid', message);
  }
  if (named !== undefined) return [...named, ...LOOPBACK];
  return isLoopback(host) ? undefined : ['*'];
}

function configuredToken({ token, tokenFile }: ServeFlags, { environment, directory }: Terminal): string | undefined {
  if (token !== undefined && tokenFile !== undefined) {
    throw mistake('token_given_twice', 'The token is given by --token and by --token-file. Leave one of them out.');
  }
  if (token !== undefined) return checkedToken(token, '--token');
  if (tokenFile !== undefined) return checkedToken(textOf(resolve(directory, tokenFile)).trim(), tokenFile);
  const inEnvironment = environment['BUDGET_SERVE_TOKEN'] ?? '';
  return inEnvironment === '' ? undefined : checkedToken(inEnvironment, 'BUDGET_SERVE_TOKEN');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CodedError({
      ...{ code: 'token_unreadable', kind: 'environment', file, cause: error },
      message: `The token cannot be read: ${(error as Error).message}`,
    });
  }
}

/** What a header can carry. The message says nothing of the token. */
function checkedToken(token: string, where: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw mistake(
    'token_invalid',
    `The token in ${where} is empty, or has blanks or letters beyond ASCII. \`openssl rand -hex 32\` makes a good one.`,
  );
}

function mistake(code: string, message: string): CodedError {
  return new CodedError({ code, kind: 'usage', message });
}
