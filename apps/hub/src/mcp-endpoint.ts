import { CodedError } from '@budget/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import type { Grant } from './access.js';
import { askedSummary, askedSummaryFields, summaryShown } from './asked-summary.js';
import { checkedEvents } from './received-events.js';
import type { Outcome } from './refusal.js';
import type { HubStore } from './store.js';
import { tokenEventSchema } from './token-event-schema.js';

export interface McpOptions {
  readonly store: HubStore;
  readonly grant: Grant;
  readonly version: string;
  readonly log: (line: string) => void;
}

/**
 * One request of the Model Context Protocol over streamable HTTP, by the official SDK. Each stands alone and is answered
 * in JSON: no session is kept, so a client may call a tool without any handshake.
 */
export async function answerMcp(request: Request, options: McpOptions): Promise<Response> {
  const server = hubTools(options);
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await server.connect(transport);
  return await transport.handleRequest(request);
}

function hubTools({ store, grant, version, log }: McpOptions): McpServer {
  const server = new McpServer({ name: 'budget-hub', version });
  server.registerTool(
    'record_token_event',
    {
      title: 'Record a token event',
      description: 'Records what one run spent on language models. The same event may be sent again: it counts once.',
      inputSchema: { event: tokenEventSchema },
      annotations: { idempotentHint: true, destructiveHint: false, openWorldHint: false },
    },
    async ({ event }) => {
      const [checked] = taken(checkedEvents([event], grant, () => 'event'));
      return result(await told(log, () => store.record(checked === undefined ? [] : [checked])));
    },
  );
  server.registerTool(
    'get_token_summary',
    {
      title: 'Get a summary of tokens and costs',
      description:
        'Sums runs, calls, tokens and costs of language models, exactly. Where is_cost_lower_bound is true the cost lacks that of some calls, whose price nobody knows.',
      inputSchema: askedSummaryFields,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    async (asked) => {
      const query = taken(askedSummary(asked, grant));
      return result(summaryShown(query, await told(log, () => store.summarize(query))));
    },
  );
  return server;
}

/** A refusal is an error of the parameters: a client that sees it need not try the same again. */
function taken<T>(outcome: Outcome<T>): T {
  if ('refusal' in outcome) throw new McpError(ErrorCode.InvalidParams, outcome.refusal.detail);
  return outcome.value;
}

/** What goes wrong here is no fault of the parameters, and its details are for whoever runs the hub. */
async function told<T>(log: (line: string) => void, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (CodedError.isInstance(error) && error.kind === 'usage')
      throw new McpError(ErrorCode.InvalidParams, error.message);
    log(error instanceof Error ? error.message : String(error));
    throw new Error('The hub failed. Nothing was changed; try again');
  }
}

function result(value: object) {
  return {
    content: [{ type: 'text' as const, text: JSON.stringify(value) }],
    structuredContent: { ...value },
  };
}
