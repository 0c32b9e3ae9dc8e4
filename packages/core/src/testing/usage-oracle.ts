import type { RecordedResponse } from './recorded-responses.js';

/**
 * What a recorded response says by the documentation of the API that it came from, worked out apart from the code under
 * test: by host and path instead of by keys, and with the events of a stream all parsed.
 */

// biome-ignore lint/suspicious/noExplicitAny: a recorded body has whatever the provider put into it.
type Body = any;

export type Api = 'anthropic' | 'google' | 'bedrock' | 'cohere' | 'responses' | 'chat';

export function apiOf({ host, path }: RecordedResponse): Api {
  if (host.endsWith('googleapis.com')) return 'google';
  if (host === 'api.anthropic.com' || path.endsWith('/invoke')) return 'anthropic';
  if (host.startsWith('bedrock-runtime')) return 'bedrock';
  if (host === 'api.cohere.com') return 'cohere';
  return path.includes('/responses') ? 'responses' : 'chat';
}

/** The bodies of a response: one, or one for each event of a stream. */
export function bodiesOf({ response }: RecordedResponse): Body[] {
  if (typeof response !== 'string') return [response];
  const data = response.split(/\r?\n/).filter((line) => line.startsWith('data:'));
  return data.map((line) => line.slice(5).trim()).flatMap((text) => (text === '[DONE]' ? [] : [JSON.parse(text)]));
}

export function usageOf(record: RecordedResponse): Body {
  const bodies = bodiesOf(record);
  const last = (read: (body: Body) => Body): Body => bodies.map(read).findLast((usage) => usage != null);
  switch (apiOf(record)) {
    case 'google': {
      // Each event counts anew what was said so far; one stream leaves the answer out of its last count.
      const answers = bodies.map((body) => body.usageMetadata?.candidatesTokenCount ?? 0);
      return { ...last((body) => body.usageMetadata), candidatesTokenCount: Math.max(...answers) };
    }
    case 'anthropic': {
      const start = bodies.find((body) => body.type === 'message_start');
      return start === undefined ? bodies[0].usage : { ...start.message.usage, ...last((body) => body.usage) };
    }
    case 'responses':
      return last((body) => (body.type?.startsWith('response.') ? body.response?.usage : body.usage));
    case 'cohere':
      return last((body) => body.usage ?? body.meta);
    default:
      return last((body) => body.usage);
  }
}

/** The responses API charges the searches that stand in its answer; Google's models tell their queries. */
export function searchesIn(record: RecordedResponse): { readonly webSearches?: number } {
  const made = bodiesOf(record).map((body) => {
    switch (apiOf(record)) {
      case 'responses':
        return (body.response?.output ?? body.output ?? []).filter((item: Body) => item.action?.type === 'search')
          .length;
      case 'google':
        return (body.candidates?.[0]?.groundingMetadata?.webSearchQueries ?? []).filter(Boolean).length;
      default:
        return 0;
    }
  });
  return Math.max(0, ...made) === 0 ? {} : { webSearches: Math.max(...made) };
}

export interface ExpectedTokens {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedPromptTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  readonly details: Readonly<Record<string, number>>;
  readonly billed?: { readonly promptTokens: number; readonly completionTokens: number };
}

export function expectedTokens(api: Api, usage: Body): ExpectedTokens {
  return readers[api](usage);
}

const readers: Record<Api, (usage: Body) => ExpectedTokens> = {
  anthropic(usage) {
    const passes = [usage, ...(usage.iterations ?? []).filter((pass: Body) => pass.type === 'compaction')];
    const sum = (read: (pass: Body) => number | undefined) =>
      passes.reduce((total, pass) => total + (read(pass) ?? 0), 0);
    const read = sum((pass) => pass.cache_read_input_tokens);
    const written = sum((pass) => pass.cache_creation_input_tokens);
    return {
      promptTokens: sum((pass) => pass.input_tokens) + read + written,
      completionTokens: sum((pass) => pass.output_tokens),
      cachedPromptTokens: read,
      cacheWriteTokens: written,
      reasoningTokens: usage.output_tokens_details?.thinking_tokens ?? 0,
      details: {
        cacheWrite1hTokens: sum((pass) => pass.cache_creation?.ephemeral_1h_input_tokens),
        webSearches: usage.server_tool_use?.web_search_requests ?? 0,
      },
    };
  },
  google(usage) {
    const of = (names: string[], ...lists: Body[]): number =>
      lists
        .flatMap((list) => list ?? [])
        .filter((entry) => names.includes(entry.modality))
        .reduce((total, entry) => total + (entry.tokenCount ?? 0), 0);
    const prompts = [usage.promptTokensDetails, usage.toolUsePromptTokensDetails];
    const thoughts = usage.thoughtsTokenCount ?? 0;
    return {
      promptTokens: (usage.promptTokenCount ?? usage.totalTokenCount) + (usage.toolUsePromptTokenCount ?? 0),
      completionTokens: (usage.candidatesTokenCount ?? 0) + thoughts,
      cachedPromptTokens: usage.cachedContentTokenCount ?? 0,
      cacheWriteTokens: 0,
      reasoningTokens: thoughts,
      details: {
        audioPromptTokens: of(['AUDIO'], ...prompts),
        imagePromptTokens: of(['IMAGE', 'DOCUMENT'], ...prompts),
        videoPromptTokens: of(['VIDEO'], ...prompts),
        cachedAudioTokens: of(['AUDIO'], usage.cacheTokensDetails),
        cachedImageTokens: of(['IMAGE', 'DOCUMENT'], usage.cacheTokensDetails),
        audioCompletionTokens: of(['AUDIO'], usage.candidatesTokensDetails),
        imageCompletionTokens: of(['IMAGE'], usage.candidatesTokensDetails),
        videoCompletionTokens: of(['VIDEO'], usage.candidatesTokensDetails),
      },
    };
  },
  bedrock(usage) {
    const read = usage.cacheReadInputTokens ?? 0;
    const written = usage.cacheWriteInputTokens ?? 0;
    return {
      // Bedrock's total counts the cache too, which proves the sum.
      promptTokens: usage.totalTokens - usage.outputTokens,
      completionTokens: usage.outputTokens,
      cachedPromptTokens: read,
      cacheWriteTokens: written,
      reasoningTokens: 0,
      details: {},
    };
  },
  cohere(usage) {
    const counts = usage.tokens ?? usage.billed_units;
    const pair = (units: Body) => ({ promptTokens: units.input_tokens, completionTokens: units.output_tokens ?? 0 });
    const isApart = JSON.stringify(pair(counts)) !== JSON.stringify(pair(usage.billed_units));
    return {
      ...pair(counts),
      cachedPromptTokens: usage.cached_tokens ?? 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
      details: {},
      ...(isApart && { billed: pair(usage.billed_units) }),
    };
  },
  responses: (usage) => ({
    promptTokens: usage.input_tokens,
    completionTokens: usage.output_tokens,
    cachedPromptTokens: usage.input_tokens_details.cached_tokens,
    cacheWriteTokens: usage.input_tokens_details.cache_write_tokens ?? 0,
    reasoningTokens: usage.output_tokens_details.reasoning_tokens,
    details: {},
  }),
  chat: (usage) => ({
    promptTokens: usage.prompt_tokens,
    completionTokens: usage.completion_tokens ?? 0,
    cachedPromptTokens:
      usage.prompt_tokens_details?.cached_tokens ?? usage.num_cached_tokens ?? usage.cached_tokens ?? 0,
    cacheWriteTokens: usage.prompt_tokens_details?.cache_write_tokens ?? 0,
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    details: {
      audioPromptTokens: usage.prompt_tokens_details?.audio_tokens ?? 0,
      videoPromptTokens: usage.prompt_tokens_details?.video_tokens ?? 0,
      audioCompletionTokens: usage.completion_tokens_details?.audio_tokens ?? 0,
      imageCompletionTokens: usage.completion_tokens_details?.image_tokens ?? 0,
      webSearches: usage.server_tool_use_details?.web_search_requests ?? 0,
    },
  }),
};
