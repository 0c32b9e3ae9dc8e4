/** The text of an event stream; a text stands for itself, anything else as JSON. */
export const events = (...data: readonly unknown[]) =>
  data.map((value) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`).join('');

/** Three events of one answer of OpenAI's chat, in their order. */
export const word = {
  id: 'c1',
  model: 'gpt-5',
  choices: [{ delta: { content: 'Grüße 🌍' }, finish_reason: null }],
  usage: null,
};
export const finish = { id: 'c1', model: 'gpt-5', choices: [{ delta: {}, finish_reason: 'stop' }], usage: null };
export const usage = { id: 'c1', model: 'gpt-5', choices: [], usage: { prompt_tokens: 12, completion_tokens: 5 } };
