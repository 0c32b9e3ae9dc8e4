import Anthropic from '@anthropic-ai/sdk';
import { eachCase, leaveAfterFirst, messages, parameters } from './each-case.mjs';

const client = new Anthropic();
const request = { model: 'claude-sonnet-4-5', max_tokens: 100, messages };
const tools = [{ name: 'get_location', input_schema: parameters }];
const whole = ({ content, stop_reason, usage }) => ({ content, stop_reason, usage });

await eachCase({
  text: async () => whole(await client.messages.create(request)),
  tools: async () => whole(await client.messages.create({ ...request, tools })),
  stream: async () => whole(await client.messages.stream(request).finalMessage()),
  'tools-stream': async () => whole(await client.messages.stream({ ...request, tools }).finalMessage()),
  leave: () => leaveAfterFirst((signal) => client.messages.create({ ...request, stream: true }, { signal })),
  impatient: async () => whole(await client.messages.create(request, { timeout: 300, maxRetries: 0 })),
});
