import { type Counts, noDetails, type TokenDetails } from './usage-details.js';
import { count, type Fields, field, isFields, lenientCount, list, text } from './usage-fields.js';

/**
 * Anthropic messages, https://docs.anthropic.com/en/api/messages: `input_tokens` leaves out cache reads and writes.
 *
 * The numbers at the top leave out three kinds of passes that are charged all the same, two of them of other models, which
 * have prices of their own. Every other pass is in them already.
 *
 * - Those that compacted the conversation: https://platform.claude.com/docs/en/build-with-claude/compaction#understanding-usage.
 * - Those of an advisor: https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool.
 * - Those of a model that declined to go on once it had written something, so that another one answered:
 *   https://platform.claude.com/docs/en/build-with-claude/refusals-and-fallback.
 */
export function anthropicCounts(usage: Fields): Counts {
  const passes = list(usage['iterations']).filter(isFields);
  const answering = modelAfterFallback(usage);
  let all = passCounts(usage);
  let ofOthers = 0;
  for (const pass of passes) {
    if (pass['type'] === 'compaction') all = added(all, passCounts(pass));
    const hasDeclined = answering !== null && ATTEMPTS.has(pass['type']) && pass['model'] !== answering;
    if (pass['type'] === 'advisor_message' || (hasDeclined && lenientCount(pass['output_tokens']) > 0)) {
      ofOthers += tokensOf(passCounts(pass));
    }
  }
  return ofOthers === 0 ? all : { ...all, parts: { ...all.parts, otherModelTokens: ofOthers } };
}

const ATTEMPTS: ReadonlySet<unknown> = new Set(['message', 'fallback_message']);

/** The model that answered where the one that was asked declined. A stream has named that one, and not this, by then. */
export function modelAfterFallback(usage: unknown): string | null {
  const answer = list(field(usage, 'iterations')).findLast((pass) => field(pass, 'type') === 'fallback_message');
  return text(field(answer, 'model'));
}

function tokensOf({ promptTokens, completionTokens }: PassCounts): number {
  return promptTokens + completionTokens || 0;
}

type PassCounts = Counts & { readonly parts: TokenDetails };

function passCounts(pass: Fields): PassCounts {
  const cachedPromptTokens = count(pass['cache_read_input_tokens']);
  const created = pass['cache_creation'];
  const fiveMinutes = field(created, 'ephemeral_5m_input_tokens');
  const oneHour = field(created, 'ephemeral_1h_input_tokens');
  const total = pass['cache_creation_input_tokens'] ?? undefined;
  const cacheWriteTokens = total === undefined ? count(fiveMinutes) + count(oneHour) : count(total);
  return {
    promptTokens: count(pass['input_tokens']) + cachedPromptTokens + cacheWriteTokens,
    completionTokens: count(pass['output_tokens']),
    cachedPromptTokens,
    cacheWriteTokens,
    reasoningTokens: count(field(pass['output_tokens_details'], 'thinking_tokens')),
    parts: {
      ...noDetails,
      cacheWrite1hTokens: Math.min(lenientCount(oneHour), cacheWriteTokens || 0),
      webSearches: lenientCount(field(pass['server_tool_use'], 'web_search_requests')),
    },
  };
}

/** The searches of all passes stand at the top. */
function added(first: PassCounts, second: PassCounts): PassCounts {
  return {
    promptTokens: first.promptTokens + second.promptTokens,
    completionTokens: first.completionTokens + second.completionTokens,
    cachedPromptTokens: first.cachedPromptTokens + second.cachedPromptTokens,
    cacheWriteTokens: first.cacheWriteTokens + second.cacheWriteTokens,
    reasoningTokens: first.reasoningTokens + second.reasoningTokens,
    parts: {
      ...first.parts,
      cacheWrite1hTokens: first.parts.cacheWrite1hTokens + second.parts.cacheWrite1hTokens,
    },
  };
}
