import Groq from 'groq-sdk';
import { eachCase, gatherChunks, leaveAfterFirst, messages, parameters } from './each-case.mjs';

const { completions } = new Groq().chat;
const request = { model: 'llama-3.3-70b-versatile', messages };
const tools = [{ type: 'function', function: { name: 'get_location', parameters } }];
const whole = ({ choices, usage }) => ({ message: choices[0].message, usage });

await eachCase({
  text: async () => whole(await completions.create(request)),
  tools: async () => whole(await completions.create({ ...request, tools })),
  stream: async () => gatherChunks(await completions.create({ ...request, stream: true })),
  leave: () => leaveAfterFirst((signal) => completions.create({ ...request, stream: true }, { signal })),
  impatient: async () => whole(await completions.create(request, { timeout: 300, maxRetries: 0 })),
});
