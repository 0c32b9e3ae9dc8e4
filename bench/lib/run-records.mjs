import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomFrom } from './random.mjs';

const RECORDS_PER_DAY = 40;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const FIRST_DAY_MS = Date.UTC(2024, 0, 1);
const WORKFLOWS = ['web-survey', 'summarise', 'make-quiz', 'grade', 'translate'];

/** How many calls each of these records has. */
export const CALLS_PER_RECORD = 3;

/** The engine's id of a run record: its day and a count, so that names in order are in order of time. */
export function runRecordId(number) {
  return `${dateOf(number).toISOString().slice(0, 10)}-${String(number % RECORDS_PER_DAY).padStart(3, '0')}`;
}

/** Writes a run record as a workflow engine does, and returns its path. An old one was written on its day. */
export function writeRunRecord(directory, number, { isOld = false } = {}) {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${runRecordId(number)}.yaml`);
  writeFileSync(path, runRecordText(number));
  if (isOld) utimesSync(path, dateOf(number), dateOf(number));
  return path;
}

function dateOf(number) {
  const day = Math.floor(number / RECORDS_PER_DAY);
  return new Date(FIRST_DAY_MS + day * DAY_MS + (number % RECORDS_PER_DAY) * MINUTE_MS);
}

/** Three stages at three providers, each with the usage object of its own shape; one says its cost. */
function runRecordText(number) {
  const random = randomFrom(number);
  const [prompt, completion, reasoning] = [
    random.between(80, 9_000),
    random.between(600, 3_000),
    random.between(0, 500),
  ];
  const cost = (random.between(1, 60_000) / 1_000_000).toFixed(6);
  return `run_id: '${runRecordId(number)}'
workflow_id: ${random.oneOf(WORKFLOWS)}
status: completed
started_at: '${dateOf(number).toISOString()}'
completed_at: '${new Date(dateOf(number).getTime() + MINUTE_MS).toISOString()}'
stages:
- stage_id: read
  provider: openai
  metadata:
    model: gpt-5-mini
    usage:
      prompt_tokens: ${prompt}
      completion_tokens: ${completion}
      total_tokens: ${prompt + completion}
      prompt_tokens_details:
        cached_tokens: ${random.below(prompt)}
      completion_tokens_details:
        reasoning_tokens: ${reasoning}
- stage_id: draft
  provider: anthropic
  metadata:
    model: claude-sonnet-4-5
    usage:
      input_tokens: ${random.between(20, 6_000)}
      cache_creation_input_tokens: 0
      cache_read_input_tokens: ${random.between(0, 4_000)}
      output_tokens: ${random.between(10, 1_500)}
      service_tier: standard
- stage_id: review
  provider: openrouter
  metadata:
    model: google/gemini-2.5-flash
    usage:
      prompt_tokens: ${random.between(100, 12_000)}
      completion_tokens: ${random.between(10, 900)}
      cost: ${cost}
`;
}
