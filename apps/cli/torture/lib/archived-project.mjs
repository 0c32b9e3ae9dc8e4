import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const MOST_BYTES = 40_000;
/** One in so many is larger than a block of the compression. */
const LARGE_ONE_IN = 60;
const LARGE_BYTES = 1_500_000;

/** An infospace with files of all sizes, some of which can be compressed, and a usage file with one run. */
export function writeProject(root, { files, random }) {
  for (let number = 0; number < files; number++) {
    const size = random.integer(1, LARGE_ONE_IN) === 1 ? LARGE_BYTES : random.integer(0, MOST_BYTES);
    write(join(root, 'output', `part-${number % 7}`, `answer-${number}.txt`), content(size, random));
  }
  write(join(root, 'output', 'budget', 'usage.yaml'), USAGE);
}

function content(size, random) {
  const bytes = Buffer.alloc(size, `a text that repeats, ${random.integer(0, 1e9)}\n`);
  const noisy = random.chance(0.5) ? Math.floor(size / 2) : 0;
  for (let at = 0; at < noisy; at++) bytes[at] = random.integer(0, 255);
  return bytes;
}

function write(path, bytes) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

const USAGE = `schema_version: 1
runs:
- run_index: 1
  completed_at: '2026-11-22T01:49:58.082Z'
  rollup: {total_calls: 3, total_prompt_tokens: 30, total_completion_tokens: 3, total_tokens: 33, total_cost_usd_known: 0.5, total_cost_usd_estimated: null}
  per_bucket:
  - {provider: openai, model: gpt-5, calls: 3, prompt_tokens: 30, completion_tokens: 3, total_tokens: 33, cost_usd_known: 0.5, cost_usd_estimated: null, cost_status: known, cost_estimated_for_calls: 0}
`;
