import { type Fields, field, isFields, MAX_TOKENS_PER_CALL, responseTier, text, usageTier } from '@budget/core';
import { serverTools, toolsOf } from './server-tools.js';
import { tierOf } from './service-tier.js';

/** What a request says of how much it may use, in the words of any provider's API. */
export interface RequestContent {
  /** The texts that the model reads: messages, system prompt, tools. */
  readonly texts: readonly string[];
  /** Whether something to be answered was found. It may stand in a form that nobody knows, beside tools that are known. */
  readonly hasPrompt: boolean;
  /** How many tokens stand in it as numbers, in the place of a text. */
  readonly givenTokens: number;
  /** Images, sounds and documents that stand in the request itself. */
  readonly inlineMedia: number;
  /** What the provider will put in from elsewhere, such as a file id: its size cannot be seen. */
  readonly references: readonly string[];
  /** The request's own limit of the answer's tokens. */
  readonly maxOutputTokens: number | null;
  /** How many answers it asks for, each of them up to the limit. */
  readonly answers: number;
  readonly model: string | null;
  readonly serviceTier: string | null;
  /** How many tools it has; what the provider tells the model of them is part of the prompt. */
  readonly tools: number;
  /** Other models that may answer in the place of the one that was asked. */
  readonly otherModels: boolean;
  /** The provider may sum the conversation up before it answers, in a pass of its own. */
  readonly compacts: boolean;
  /** Tools that the provider runs and may charge for: searches, code. What they give enters the prompt. */
  readonly serverTools: readonly string[];
  /** The answer is to be spoken, in the words of OpenAI's chat. */
  readonly asksForSound: boolean;
  readonly writesCache: boolean;
  readonly writesCacheForAnHour: boolean;
}

/** @param request the parsed body of a request to any provider; what is no map has no content */
export function requestContent(request: unknown): RequestContent {
  const body: Fields = isFields(request) ? request : {};
  const found = { texts: [] as string[], inlineMedia: 0, references: [] as string[], caches: [] as string[] };
  for (const key of PROMPT_KEYS) collect(body[key], key, found, 0);
  // Of Google's embeddings, each of which names its model again.
  const requests = Array.isArray(body['requests']) ? body['requests'] : [];
  for (const each of requests) collect(field(each, 'content'), 'content', found, 0);
  for (const key of REFERENCE_KEYS) {
    // OpenAI takes a conversation by its id, and as an object that has it.
    if (typeof body[key] === 'string' || isFields(body[key])) found.references.push(key);
  }
  if (isFields(body['prompt'])) found.references.push('prompt');
  if (text(field(body['thread'], 'previous_message_id')) !== null) found.references.push('thread');
  const givenTokens = tokensIn(body['prompt']) + tokensIn(body['input']);
  const hasPrompt = found.texts.length + givenTokens + found.inlineMedia + found.references.length > 0;
  for (const key of KEYS_BESIDE_IT) collect(body[key], key, found, 0);
  const configurations = CONFIGURATION_KEYS.map((key) => body[key]).filter(isFields);
  const limit = Math.max(...[body, ...configurations].map((each) => largestOf(each, LIMIT_KEYS)));
  const candidates = configurations.map((each) => largestOf(each, CANDIDATE_KEYS));
  const answers = Math.max(largestOf(body, ANSWER_KEYS), ...candidates);
  return {
    texts: found.texts,
    hasPrompt,
    givenTokens,
    inlineMedia: found.inlineMedia,
    references: found.references,
    // Where a request names two limits, who knows which of them holds.
    maxOutputTokens: limit === 0 ? null : limit,
    answers: promptsIn(body['prompt']) * Math.max(1, answers),
    model: text(body['model']),
    serviceTier: tierOf({
      serviceTier: usageTier(body) ?? responseTier(body),
      inferenceGeo: text(body['inference_geo']),
    }),
    tools: toolsOf(body).length + (Array.isArray(body['functions']) ? body['functions'].length : 0),
    otherModels: [body['models'], body['fallbacks']].some(namesModels),
    compacts: isFields(body['compaction']) || compactsContext(body['context_management']),
    serverTools: serverTools(body),
    asksForSound: isFields(body['audio']),
    writesCache: found.caches.length > 0,
    writesCacheForAnHour: found.caches.includes('1h'),
  };
}

/** A list of them, of OpenRouter and Anthropic, or Anthropic's `default`. */
function namesModels(given: unknown): boolean {
  return Array.isArray(given) ? given.length > 0 : text(given) !== null;
}

/** Of Anthropic, whose edits are of several kinds, and of OpenAI. */
function compactsContext(management: unknown): boolean {
  const edits = field(management, 'edits') ?? management;
  return Array.isArray(edits) && edits.some((edit) => text(field(edit, 'type'))?.startsWith('compact') === true);
}

/** Each text of a list of prompts is answered, and each list of tokens; a list of numbers is one prompt. */
function promptsIn(prompt: unknown): number {
  return Array.isArray(prompt) && typeof prompt[0] !== 'number' ? Math.max(1, prompt.length) : 1;
}

/** OpenAI's completions and embeddings take `[15339, 1917]` for a text, and lists of such. */
function tokensIn(given: unknown): number {
  if (!Array.isArray(given)) return 0;
  let tokens = 0;
  for (const each of given) {
    if (typeof each === 'number') tokens++;
    else if (Array.isArray(each)) tokens += each.length;
  }
  return tokens;
}

const PROMPT_KEYS = [
  ...['messages', 'input', 'prompt', 'contents', 'documents', 'images'],
  // Embeddings of Google, Cohere and Titan, and on Vertex; Cohere's reranking and its first chat.
  ...['content', 'texts', 'inputs', 'inputText', 'instances', 'query', 'message', 'chat_history'],
];

const KEYS_BESIDE_IT = [
  ...['system', 'instructions', 'systemInstruction', 'system_instruction', 'preamble', 'suffix', 'cache_control'],
  ...['tools', 'toolConfig', 'functions', 'response_format', 'text', 'output_config'],
];

/** At the top of a request; inside its content they are found wherever they stand. */
const REFERENCE_KEYS = [
  ...['previous_response_id', 'previous_interaction_id', 'conversation', 'cachedContent', 'cached_content'],
];

/** Of Google, of Bedrock and its Titan, of Ollama, of Hugging Face. */
const CONFIGURATION_KEYS = [
  ...['generationConfig', 'generation_config', 'inferenceConfig', 'textGenerationConfig', 'options', 'parameters'],
];

const LIMIT_KEYS = [
  ...['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'maxOutputTokens', 'maxTokens', 'num_predict'],
  ...['max_tokens_to_sample', 'max_gen_len', 'max_new_tokens', 'maxTokenCount'],
];
const ANSWER_KEYS = ['n', 'best_of', 'num_generations', 'numResults'];
const CANDIDATE_KEYS = ['candidateCount', 'candidate_count', 'num_return_sequences'];

interface Found {
  readonly texts: string[];
  inlineMedia: number;
  readonly references: string[];
  readonly caches: string[];
}

/** Deeper content than any API takes is not followed. */
const MAX_DEPTH = 100;

function collect(value: unknown, key: string, found: Found, depth: number, holder?: Fields, holderKey?: string): void {
  if (typeof value === 'string') {
    if (isInlineMedia(key, value, holder, holderKey)) found.inlineMedia++;
    else if (isReference(key, value)) found.references.push(key);
    else found.texts.push(value);
    return;
  }
  if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return;
  if (key === 'cache_control' || key === 'cachePoint') {
    found.caches.push(text((value as Fields)['ttl']) ?? '5m');
    return;
  }
  const stored = storedItem(value as Fields);
  if (stored !== null) found.references.push(stored);
  if (key === 'audio' && text((value as Fields)['id']) !== null) found.references.push('audio');
  if (Array.isArray(value)) {
    for (const each of value) collect(each, key, found, depth + 1);
    return;
  }
  for (const name of Object.keys(value)) {
    if (isPartOfText(name)) found.texts.push(name);
    collect((value as Fields)[name], name, found, depth + 1, value as Fields, key);
  }
}

/** Output of OpenAI's responses that a program sends back: what it holds is looked up by its id where it is not given. */
const STORED_ITEMS: ReadonlySet<unknown> = new Set([
  ...['item_reference', 'reasoning', 'image_generation_call', 'web_search_call', 'file_search_call'],
  'code_interpreter_call',
]);

function storedItem(value: Fields): string | null {
  if (!STORED_ITEMS.has(value['type']) || text(value['id']) === null) return null;
  const given = value['encrypted_content'] ?? value['result'] ?? value['results'] ?? value['outputs'] ?? null;
  return given === null ? text(value['type']) : null;
}

/** Names of a schema's properties are read by the model as its words are; the API's own are not. */
function isPartOfText(name: string): boolean {
  return !API_WORDS.has(name);
}

const API_WORDS: ReadonlySet<string> = new Set([
  ...['role', 'content', 'type', 'text', 'parts', 'name', 'source', 'data', 'media_type', 'cache_control', 'ttl'],
  ...['image_url', 'url', 'inlineData', 'inline_data', 'mimeType', 'mime_type', 'detail', 'format'],
]);

/** What always holds a file in base64: Ollama's pictures, OpenAI's files and sounds. */
const MEDIA_KEYS: ReadonlySet<string> = new Set(['images', 'file_data', 'input_audio']);
/** What holds one where the object around it says so. */
const BYTES_KEYS: ReadonlySet<string> = new Set(['data', 'bytes']);
/** The objects around it: of Anthropic and Bedrock, of Google, of OpenAI. */
const MEDIA_HOLDERS: ReadonlySet<string> = new Set(['source', 'inlineData', 'inline_data', 'input_audio']);

/** However short it is: a few bytes of base64 may be a picture of any size. */
function isInlineMedia(key: string, value: string, holder: Fields = {}, holderKey = ''): boolean {
  if (value.startsWith('data:') || MEDIA_KEYS.has(key)) return true;
  if (key === 'result' && holder['type'] === 'image_generation_call') return true;
  if (!BYTES_KEYS.has(key)) return false;
  // Anthropic's documents in plain text are such a source too.
  if (holder['type'] === 'text') return false;
  const type = holder['media_type'] ?? holder['mimeType'] ?? holder['mime_type'];
  // What nothing is known of may be a file where it is long.
  return type !== undefined || MEDIA_HOLDERS.has(holderKey) || value.length > 256;
}

const FILE_KEYS: ReadonlySet<string> = new Set([
  ...['file_id', 'fileUri', 'file_uri', 'fileId', 'file_url', 'document_url'],
]);
const ADDRESS_KEYS: ReadonlySet<string> = new Set(['url', 'image_url', 'uri', 's3Uri']);

function isReference(key: string, value: string): boolean {
  return FILE_KEYS.has(key) || (ADDRESS_KEYS.has(key) && /^[a-z][a-z0-9+.-]*:/i.test(value));
}

/** 0 where there is none. A program that wants no limit may name the largest number that there is. */
function largestOf(fields: Fields, keys: readonly string[]): number {
  let largest = 0;
  for (const key of keys) {
    const value = fields[key];
    if (typeof value !== 'number' || !Number.isInteger(value) || value > MAX_TOKENS_PER_CALL) continue;
    largest = Math.max(largest, value);
  }
  return largest;
}
