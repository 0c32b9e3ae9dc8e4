import { parseArgs } from 'node:util';
import { CodedError } from '@budget/core';
import type { ServeHubOptions } from './serve-hub.js';

export interface HubCommandParts extends Omit<ServeHubOptions, 'flags'> {
  readonly write: (text: string) => void;
}

const HELP = `Usage: budget-hub [options]
       budget-hub token --name <whose> --workspace <name> --infospace <name>

Takes one token event a run from every project, and tells what they spend together.

  --host <address>     where it listens; default 127.0.0.1. Another one needs tokens
  --port <number>      default 8790; 0 takes any that is free
  --database <where>   its SQLite file, or a postgres:// address; default BUDGET_HUB_DATABASE, where a password is seen by
                       fewer, else \${XDG_DATA_HOME:-~/.local/share}/budget/hub.db
  --tokens <file>      the hashes of the tokens; default what BUDGET_HUB_SERVE_TOKENS holds, as the file would
  --version, --help

token: makes a token for one project (* for all), and prints it once, with the line for the tokens file.
`;

const exitCodes = { internal: 1, usage: 2, budget: 3, input: 4, environment: 5 } as const;

/** Runs one command and gives its exit code. */
export async function runHubCommand(arguments_: readonly string[], parts: HubCommandParts): Promise<number> {
  try {
    await runCommand(parsed(arguments_), parts);
    return 0;
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    parts.log(`error: ${error.message}`);
    return exitCodes[error.kind];
  }
}

async function runCommand(command: Command, parts: HubCommandParts): Promise<void> {
  switch (command.kind) {
    case 'help':
      parts.write(HELP);
      return;
    case 'version':
      parts.write(`${parts.version}\n`);
      return;
    case 'token':
      parts.write(await tokenText(command));
      return;
    case 'serve': {
      // A hub takes time to load, which whoever asks for help need not wait for.
      const { serveHub } = await import('./serve-hub.js');
      await serveHub({ ...parts, flags: command.flags });
    }
  }
}

type Command =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'token'; readonly name: string; readonly workspace: string; readonly infospace: string }
  | { readonly kind: 'serve'; readonly flags: ServeHubOptions['flags'] };

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const always = { help: { ...flag, short: 'h' }, version: { ...flag, short: 'V' } } as const;

function parsed(arguments_: readonly string[]): Command {
  if (arguments_[0] === 'token') return parsedToken(arguments_.slice(1));
  const options = { host: text, port: text, database: text, tokens: text, ...always };
  const { values } = orUsage(() => parseArgs({ args: [...arguments_], options }));
  const { help, version, port, ...flags } = values;
  if (help || version) return { kind: help ? 'help' : 'version' };
  return { kind: 'serve', flags: { ...flags, port: portNumber(port) } };
}

function parsedToken(arguments_: readonly string[]): Command {
  const options = { name: text, workspace: text, infospace: text, ...always };
  const { values } = orUsage(() => parseArgs({ args: [...arguments_], options }));
  const { help, version, name, workspace, infospace } = values;
  if (help || version) return { kind: help ? 'help' : 'version' };
  if (!name || !workspace || !infospace) throw usage('A token needs --name, --workspace and --infospace');
  if (workspace === '*' && infospace !== '*')
    throw usage('An infospace is one of its workspace: name that with --workspace');
  return { kind: 'token', name, workspace, infospace };
}

function orUsage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw usage((error as Error).message);
  }
}

function portNumber(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const port = Number(given);
  if (/^\d+$/.test(given) && port <= 65_535) return port;
  throw usage(`A port is a number from 0 to 65535, not ${given}`);
}

async function tokenText({ name, workspace, infospace }: Extract<Command, { kind: 'token' }>): Promise<string> {
  const { hashOf, newToken } = await import('./access.js');
  const token = newToken();
  const entry = JSON.stringify({ name, sha256: hashOf(token), workspace, infospace });
  return `The token, which is not shown again (BUDGET_HUB_TOKEN of who sends):\n\n  ${token}\n\nFor "tokens" in the file of --tokens:\n\n  ${entry}\n`;
}

function usage(message: string): CodedError {
  return new CodedError({
    code: 'usage',
    kind: 'usage',
    message: `${message}. \`budget-hub --help\` lists the options.`,
  });
}
