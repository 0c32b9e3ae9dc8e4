import OpenAI from 'openai';
import { eachCase, leaveAfterFirst } from './each-case.mjs';

const { responses } = new OpenAI();
const request = { model: 'gpt-4o', input: 'What is the capital of France?' };
const whole = ({ output_text, output, usage }) => ({ output_text, output, usage });

async function gather(stream) {
  let [text, usage] = ['', null];
  const types = [];
  for await (const event of stream) {
    types.push(event.type);
    if (event.type === 'response.output_text.delta') text += event.delta;
    usage = event.response?.usage ?? usage;
  }
  return { text, types, usage };
}

await eachCase({
  text: async () => whole(await responses.create(request)),
  tools: async () => whole(await responses.create(request)),
  stream: async () => gather(await responses.create({ ...request, stream: true })),
  'tools-stream': async () => gather(await responses.create({ ...request, stream: true })),
  leave: () => leaveAfterFirst((signal) => responses.create({ ...request, stream: true }, { signal })),
  impatient: async () => whole(await responses.create(request, { timeout: 300, maxRetries: 0 })),
});
