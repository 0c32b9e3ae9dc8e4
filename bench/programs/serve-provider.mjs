// Stands for a provider: answers at once with what OpenAI once answered, as JSON or as a stream whose events come one
// after the other. What is uploaded is thrown away.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordedAnswers, UPLOAD_PATH } from '../lib/metering/recorded-answers.mjs';
import { serve } from '../lib/metering/serving.mjs';

const PAUSE_MS = 1;
const { json, events } = recordedAnswers();
const IS_STREAM = /"stream":true/;

await serve(
  createServer(async (request, response) => {
    if (request.url === UPLOAD_PATH) {
      for await (const _ of request);
      answerJson(response);
      return;
    }
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (IS_STREAM.test(Buffer.concat(chunks).toString())) await answerEvents(response);
    else answerJson(response);
  }),
);

function answerJson(response) {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': json.length });
  response.end(json);
}

async function answerEvents(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  for (const event of events) {
    response.write(event);
    await sleep(PAUSE_MS);
  }
  response.end();
}
