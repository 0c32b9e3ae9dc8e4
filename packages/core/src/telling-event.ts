/**
 * Whether an event may say something that counts: usage, a reason to finish, the end, an error. Most events of a stream
 * carry a few letters of an answer, and parsing them all would take most of the time. A text that merely mentions one
 * of the words is parsed for nothing, which costs time and changes no result.
 */
export function isTellingEvent(event: string): boolean {
  // Apart from the search, which this would make slower by a third.
  return telling.test(event) || event.startsWith('event: error') || event.startsWith('event:error');
}

const tellingTexts = [
  // OpenAI's dialects write these fields into every event, so only a value in one of them tells anything.
  String.raw`(?:usage|finish(?:_r|R)eason|error|done)"(?!\s*:\s*(?:null|false))`,
  // Google, and Ollama.
  'usageM|usage_m|blockReason|(?:prompt_)?eval_count|amazon-bedrock-invocationMetrics',
  // The last events of Anthropic, of Cohere, of Google's interactions, and of OpenAI's responses, sounds and pictures.
  String.raw`message_stop|message-end|stream-end|interaction\.complete`,
  String.raw`response\.(?:completed|incomplete|failed|cancelled|done)`,
  String.raw`transcript\.text\.done|speech\.audio\.done|image_(?:generation|edit)\.completed`,
];

/** The quote that each key and each text of JSON begins with makes the search a good half faster. */
const telling = /* @__PURE__ */ new RegExp(`"(?:${tellingTexts.join('|')})`);
