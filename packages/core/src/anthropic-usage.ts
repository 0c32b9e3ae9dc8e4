import { type Counts, noDetails, type TokenDetails } from './usage-details.js';
import { count, type Fields, field, isFields, lenientCount, list } from './usage-fields.js';

/**
 * Anthropic messages, https://docs.anthropic.com/en/api/messages: `input_tokens` leaves out cache reads and writes.
 *
 * The numbers at the top leave out the passes that compacted the conversation, which are charged all the same:
 * https://platform.claude.com/docs/en/build-with-claude/compaction#understanding-usage. So do those of an advisor, which is another
 * model and has its own price: https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool. Every other kind of iteration is
 * in them already.
 */
export function anthropicCounts(usage: Fields): Counts {
  let all = passCounts(usage);
  let advised = 0;
  for (const pass of list(usage['iterations'])) {
    if (!isFields(pass)) continue;
    if (pass['type'] === 'compaction') all = added(all, passCounts(pass));
    if (pass['type'] === 'advisor_message') advised += tokensOf(passCounts(pass));
  }
  return advised === 0 ? all : { ...all, parts: { ...all.parts, otherModelTokens: advised } };
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
