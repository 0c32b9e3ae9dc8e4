// What other programs of the tests need to call OpenAI without an SDK: a call, and a stream of which the first part has come.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export function ask(stream = false) {
  const body = { model: 'gpt-4o', max_tokens: 9, stream, messages: [{ role: 'user', content: 'hello' }] };
  return fetch(`${process.env.OPENAI_BASE_URL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Its status, and what it says, on one line. */
export async function say() {
  const response = await ask();
  process.stdout.write(`${response.status} ${await response.text()}\n`);
}

export async function beginStream() {
  const reader = (await ask(true)).body.getReader();
  await reader.read();
  return reader;
}

/** Until the test makes this file. */
export async function waitFor(file) {
  while (!existsSync(file)) await sleep(20);
}
