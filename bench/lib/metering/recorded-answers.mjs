import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../built.mjs';

const ANSWER = 'test_openai/test_openai_text_output_function#0';
const STREAM = 'test_dbos/test_dbos_model_stream_direct#0';

/** What OpenAI once answered, byte for byte: `{ json, events }`, the latter in the pieces in which a stream comes. */
export function recordedAnswers() {
  const lines = readFileSync(join(repository, 'packages', 'replay', 'recordings', 'exchanges.jsonl'), 'utf8').split(
    '\n',
  );
  const exchanges = lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  const responseOf = (id) => exchanges.find((exchange) => exchange.id === id).response;
  return {
    json: Buffer.from(JSON.stringify(responseOf(ANSWER))),
    events: responseOf(STREAM)
      .split(/(?<=\n\n)/)
      .map((event) => Buffer.from(event)),
  };
}

export const CALL_PATH = '/v1/chat/completions';
export const UPLOAD_PATH = '/v1/files';

const QUESTION = 'What is the largest city in each of these countries, and how many people live there? ';

/** Of about 500 tokens, as a program with a short history sends it. */
export function requestBody({ isStream = false } = {}) {
  return JSON.stringify({
    model: 'gpt-4o',
    max_tokens: 500,
    messages: [
      { role: 'system', content: 'Answer in one sentence.' },
      { role: 'user', content: QUESTION.repeat(24) },
    ],
    ...(isStream && { stream: true }),
  });
}
