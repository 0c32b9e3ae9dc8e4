import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { repository } from '../built.mjs';

/** What the bundled prices say of a million tokens of a prompt; an answer is one letter, and left out. */
const NANO_USD_PER_TOKEN = { strong: 10_000, cheap: 700 };
const CHARACTERS_PER_TOKEN = 4;

/**
 * Questions of many subjects, and which of two models answered them right: of MMLU, recorded for the RouteLLM project
 * (`BUDGET_TEST_DATA`). Any other file of the same form will do, gzipped or not: a head line, then
 * `task,item,prompt_chars,<cheap correct>,<strong correct>`.
 */
export function readQuestions(name = 'mmlu-two-models.csv.gz') {
  const file = resolve(repository, process.env.BUDGET_TEST_DATA || '../shared/data', name);
  if (!existsSync(file)) throw new Error(`${file} is missing. BUDGET_TEST_DATA names the directory that has it.`);
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line, index) => {
      const [task, , characters, cheap, strong] = line.split(',');
      return { index, task, quality: { cheap: Number(cheap), strong: Number(strong) }, costNanoUsd: costs(characters) };
    });
}

function costs(characters) {
  const tokens = Math.max(Math.round(Number(characters) / CHARACTERS_PER_TOKEN), 1);
  return { cheap: tokens * NANO_USD_PER_TOKEN.cheap, strong: tokens * NANO_USD_PER_TOKEN.strong };
}
