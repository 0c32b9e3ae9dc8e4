import { GoogleGenAI } from '@google/genai';
import { eachCase, leaveAfterFirst } from './each-case.mjs';

const { models } = new GoogleGenAI({});
const request = { model: 'gemini-2.5-flash', contents: 'What is the capital of France?' };
const whole = ({ candidates, usageMetadata: usage }) => ({ candidates, usage });

async function gather(stream) {
  const parts = [];
  let usage = null;
  for await (const { candidates, usageMetadata } of stream) {
    parts.push(...(candidates?.[0]?.content?.parts ?? []));
    usage = usageMetadata ?? usage;
  }
  return { parts, usage };
}

await eachCase({
  text: async () => whole(await models.generateContent(request)),
  tools: async () => whole(await models.generateContent(request)),
  stream: async () => gather(await models.generateContentStream(request)),
  'tools-stream': async () => gather(await models.generateContentStream(request)),
  leave: () => leaveAfterFirst((abortSignal) => models.generateContentStream({ ...request, config: { abortSignal } })),
  impatient: async () => whole(await models.generateContent({ ...request, config: { httpOptions: { timeout: 300 } } })),
});
