import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CodedError, namedStore, userDirectory } from '@budget/core';
import { isLoopback } from '@budget/serving';
import { type HashedToken, parseTokens } from './access.js';

/** What a person says when starting a hub. What is not said is in the environment, or has a default. */
export interface HubFlags {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly database?: string | undefined;
  /** A file with the hashes of the tokens. */
  readonly tokens?: string | undefined;
}

export interface HubSettings {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** The SQLite file, or the address of a PostgreSQL database. */
  readonly database: string;
  /** `null`: none are needed, which is for this machine alone. */
  readonly tokens: readonly HashedToken[] | null;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 8790;

/** @throws CodedError `tokens_unreadable`, `tokens_invalid`, `tokens_given_twice`, `tokens_needed`, `database_not_supported` */
export function hubSettings(flags: HubFlags, environment: NodeJS.ProcessEnv, directory: string): HubSettings {
  const host = flags.host ?? DEFAULT_HOST;
  const tokens = configuredTokens(flags.tokens, environment['BUDGET_HUB_SERVE_TOKENS'] ?? '', directory);
  if (tokens === null && !isLoopback(host)) {
    throw mistake(
      'tokens_needed',
      `Without tokens a hub serves this machine alone, and ${host} can be reached from others. Make tokens with \`budget-hub token\` and name their file with --tokens, or leave --host out.`,
    );
  }
  return {
    host,
    port: flags.port ?? DEFAULT_PORT,
    database: databaseNamed(
      flags.database ??
        (environment['BUDGET_HUB_DATABASE']?.trim() || join(userDirectory('data', environment), 'budget', 'hub.db')),
      directory,
    ),
    tokens,
  };
}

export function isServerAddress(database: string): boolean {
  return namedStore(database).kind === 'server';
}

function databaseNamed(given: string, directory: string): string {
  const named = namedStore(given);
  if (named.kind === 'mistake') throw mistake('database_not_supported', `The database ${named.fault}`);
  return named.kind === 'server' ? named.name : resolve(directory, named.name);
}

function configuredTokens(
  given: string | undefined,
  inEnvironment: string,
  directory: string,
): readonly HashedToken[] | null {
  if (given === undefined) return inEnvironment === '' ? null : tokensIn(inEnvironment, 'BUDGET_HUB_SERVE_TOKENS');
  if (inEnvironment !== '') {
    throw mistake(
      'tokens_given_twice',
      'Tokens are given by --tokens and by BUDGET_HUB_SERVE_TOKENS. Leave one of them out.',
    );
  }
  const file = resolve(directory, given);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { message } = error as Error;
    const code = 'tokens_unreadable';
    throw new CodedError({
      code,
      kind: 'environment',
      file,
      message: `The tokens cannot be read: ${message}`,
      cause: error,
    });
  }
  return tokensIn(text, file);
}

function tokensIn(text: string, where: string): readonly HashedToken[] {
  const parsed = parseTokens(text);
  if ('tokens' in parsed) return parsed.tokens;
  const faults = parsed.faults.map(({ path, message }) => `${path === '' ? 'the text' : path}: ${message}`);
  throw new CodedError({
    code: 'tokens_invalid',
    kind: 'input',
    file: where,
    message: `The tokens in ${where} are not valid: ${faults.slice(0, 10).join('; ')}. Such a text is {"tokens": [{"name", "sha256", "workspace", "infospace"}, …]}; \`budget-hub token\` makes an entry.`,
  });
}

function mistake(code: string, message: string): CodedError {
  return new CodedError({ code, kind: 'usage', message });
}
