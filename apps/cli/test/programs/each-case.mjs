// Does what its parameters name, one after the other, and prints a line of JSON for each: what the SDK gave, or the error
// as a program sees it. Addresses and keys come from the environment alone, as in anybody's program.
export async function eachCase(cases) {
  for (const name of process.argv.slice(2)) {
    const outcome = await cases[name]().then((result) => ({ result }), seenError);
    process.stdout.write(`${JSON.stringify({ name, ...outcome })}\n`);
  }
}

function seenError(error) {
  const { name, message, status, code, type, cause } = error;
  const { name: causeName, code: causeCode } = cause ?? {};
  return { error: { class: error.constructor.name, name, message, status, code, type, causeName, causeCode } };
}

/** Gives a stream up after its first part. An SDK may take that for its end, or raise an error. */
export async function leaveAfterFirst(open) {
  const controller = new AbortController();
  let parts = 0;
  try {
    for await (const _ of await open(controller.signal)) {
      parts += 1;
      controller.abort();
    }
    return { parts };
  } catch (error) {
    return { parts, ...seenError(error) };
  }
}

/** OpenAI's chunks, as those who speak its dialect send them. */
export async function gatherChunks(stream) {
  let [text, tools, usage] = ['', '', null];
  for await (const chunk of stream) {
    const { content, tool_calls = [] } = chunk.choices[0]?.delta ?? {};
    text += content ?? '';
    for (const { function: called } of tool_calls) tools += `${called?.name ?? ''}${called?.arguments ?? ''}`;
    usage = chunk.usage ?? chunk.x_groq?.usage ?? usage;
  }
  return { text, tools, usage };
}

export const messages = [{ role: 'user', content: 'What is the capital of France?' }];
export const parameters = { type: 'object', properties: { place: { type: 'string' } } };
