import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '@budget/test-tools/vitest';
import { describe, expect, it } from 'vitest';
import { buildTokenEvent } from './build-token-event.js';
import { run } from './testing/runs.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const page = (name: string): string => readFileSync(join(root, name), 'utf8');

/** Examples that can be run, each with what its last comment says that it prints. */
const examples = ['packages/hub-client/README.md', 'docs/hub.md'].flatMap((name) =>
  [...page(name).matchAll(/^```ts\n(import .*?)^```/gms)].map(([, code = '']) => ({
    ...{ name, code },
    printed: /(?:^\/\/ .*\n)+(?![\s\S])/m.exec(code)?.[0].replace(/^\/\/ /gm, '') ?? '',
  })),
);

describe('what the pages show', () => {
  it('are two programs', () => expect(examples).toHaveLength(2));

  it.each(examples)(
    '$name prints what it says',
    ({ code, printed }) => {
      const directory = temporaryDirectory();
      // As if it were installed there.
      mkdirSync(join(directory, 'node_modules', '@budget'), { recursive: true });
      const installed = join(directory, 'node_modules', '@budget', 'hub-client');
      symlinkSync(join(root, 'packages', 'hub-client'), installed, 'junction');
      const output = execFileSync(process.execPath, ['--input-type=module'], {
        ...{ cwd: directory, input: code, encoding: 'utf8' },
      });
      expect(printed).not.toBe('');
      expect(output).toBe(printed);
    },
    60_000,
  );

  it('is a real event, whole', () => {
    const shown = JSON.parse(/^```json\n(.*?)^```/ms.exec(page('docs/hub.md'))?.[1] ?? '');
    const rates = { callsPricedByProvider: 0, callsPricedByRates: 1, unpricedCalls: 0 };
    const built = buildTokenEvent({
      ...run,
      ...{ runId: shown.id, infospace: 'research-notes', workplanId: 'WP-1' },
      usage: [
        {
          ...{ provider: 'anthropic', model: 'claude-haiku-4-5', calls: 1, inputTokens: 423, outputTokens: 202 },
          ...{ ...rates, costNanoUsd: 1_433_000n },
        },
        {
          ...{ provider: 'openai', model: 'gpt-5', calls: 4, inputTokens: 123_779, outputTokens: 7405 },
          ...{ cacheReadInputTokens: 95_872, reasoningOutputTokens: 5504, costNanoUsd: 120_917_750n },
          ...{ ...rates, callsPricedByRates: 4 },
        },
        {
          ...{ provider: 'ollama', model: 'llama3.2:3b', calls: 1, inputTokens: 1139, outputTokens: 1630 },
          ...{ costNanoUsd: 0n, callsPricedByProvider: 0, callsPricedByRates: 0, unpricedCalls: 1 },
        },
      ],
    });
    expect(built).toEqual(shown);
  });
});
