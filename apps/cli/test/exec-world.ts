import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Replay, startReplay } from '@budget/replay';
import { afterEach } from 'vitest';
import { budget, type Ended } from './run-budget.js';

export const askProgram = fileURLToPath(new URL('./programs/ask.mjs', import.meta.url));

export interface ExecWorld {
  readonly replay: Replay;
  /** An empty directory: no infospace, unless a test makes it one. */
  readonly directory: string;
  readonly env: Record<string, string>;
  exec(options: readonly string[], command: readonly string[], more?: Parameters<typeof budget>[1]): Promise<Ended>;
  budget(line: string, more?: Record<string, string>): Promise<Ended>;
  /** Lines of `costs.jsonl` of all runs outside infospaces. */
  costs(): Record<string, unknown>[];
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export function afterThisTest(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

/** Names of keys of a real user, so that what a test finds is what it planted. */
const strangers =
  /^(?:.*_(?:API_KEY|BASE_URL|AUTH_TOKEN)|OPENAI_.*|ANTHROPIC_.*|BUDGET_(?!TEST|PYTHON|REQUIRE|FUZZ).*|HTTPS?_PROXY)$/i;

/** A user with a home of their own, whose providers are recordings on this machine. */
export async function execWorld(): Promise<ExecWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'budget-exec-test-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  const replay = await startReplay();
  cleanups.push(() => replay.close());
  const unset = Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => strangers.test(name))
      .map((name) => [name, '']),
  );
  const state = join(directory, '.state');
  const env = {
    ...unset,
    BUDGET_LEDGER: join(directory, '.ledger.db'),
    XDG_STATE_HOME: state,
    OPENAI_BASE_URL: `${replay.urlOf('openai')}/v1`,
    OPENAI_API_KEY: 'sk-real-openai-key',
    ANTHROPIC_BASE_URL: replay.urlOf('anthropic'),
    ANTHROPIC_API_KEY: 'sk-real-anthropic-key',
    GOOGLE_GEMINI_BASE_URL: replay.urlOf('google'),
    GEMINI_API_KEY: 'real-google-key',
    GROQ_BASE_URL: replay.urlOf('groq'),
    GROQ_API_KEY: 'real-groq-key',
  };
  return {
    ...{ replay, directory, env },
    exec: (options, command, more = {}) =>
      budget(['exec', ...options, '--', ...command], { cwd: directory, ...more, env: { ...env, ...more.env } }),
    budget: (line, more) => budget(line.split(' '), { cwd: directory, env: { ...env, ...more } }),
    costs: () => {
      const runs = join(state, 'budget', 'runs');
      return readdirSync(runs)
        .filter((name) => /^[0-9a-f]{8}-/.test(name))
        .sort()
        .flatMap((name) =>
          readFileSync(join(runs, name, 'costs.jsonl'), 'utf8')
            .trim()
            .split('\n'),
        )
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}
