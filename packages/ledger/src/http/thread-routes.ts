import { CodedError } from '@budget/core';
import { createRoute, z } from '@hono/zod-openapi';
import { checkedScope } from '../scope.js';
import type { ThreadUsage } from '../thread-budgets.js';
import { threadScope } from '../thread-record.js';
import { amountJson, amountToJson } from './amount-json.js';
import { checkedBy } from './checked-by.js';
import { refusals } from './refusal.js';
import type { RouteGroup } from './route-group.js';

const MAX_PAGE = 1000;

const threadSchema = z
  .object({
    ...{ threadId: z.string(), maxTokens: amountJson, promptTokens: amountJson, completionTokens: amountJson },
    ...{ totalTokens: amountJson, remaining: amountJson, requestCount: z.int() },
    percentUsed: z.number().openapi({ description: 'With one decimal, half-even.' }),
    isExhausted: z.boolean(),
  })
  .openapi('ThreadUsage');

const threadsRoute = createRoute({
  method: 'get',
  path: '/usage/threads',
  summary: 'The threads with a token budget, the fullest first.',
  request: {
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(MAX_PAGE),
      offset: z.coerce.number().int().min(0).default(0),
    }),
  },
  responses: {
    200: {
      description: 'One page.',
      content: {
        'application/json': {
          schema: z.object({
            threads: z.array(threadSchema),
            count: z.int(),
            total: z.int().openapi({ description: 'How many there are.' }),
            defaultMaxTokens: amountJson.openapi({ description: 'What a new thread may use.' }),
          }),
        },
      },
    },
    ...refusals(401, 422),
  },
});

const threadRoute = createRoute({
  method: 'get',
  path: '/usage/threads/{id}',
  summary: 'The token budget of a thread.',
  request: {
    params: z.object({
      id: z
        .string()
        .superRefine(checkedBy((id) => checkedScope(threadScope(id as string))))
        .openapi({ example: 'conversation-7' }),
    }),
  },
  responses: {
    200: { description: 'As it is now.', content: { 'application/json': { schema: threadSchema } } },
    ...refusals(401, 404, 422),
  },
});

export const threadRoutes: RouteGroup = (api, { threads }) => {
  api.openapi(threadsRoute, async (context) => {
    const { limit, offset } = context.req.valid('query');
    const all = [...(await threads.getAllUsage())].sort(fullestFirst);
    const shown = all.slice(offset, offset + limit).map(threadToJson);
    const defaultMaxTokens = amountToJson(threads.defaultMaxTokens);
    return context.json({ threads: shown, count: shown.length, total: all.length, defaultMaxTokens }, 200);
  });

  api.openapi(threadRoute, async (context) => {
    const { id } = context.req.valid('param');
    const usage = await threads.getUsage(id);
    if (usage === null)
      throw new CodedError({ code: 'thread_unknown', kind: 'input', message: `No budget found for thread: ${id}` });
    return context.json(threadToJson(usage), 200);
  });
};

/** Of equal ones by name, so that pages fit together. */
function fullestFirst(first: ThreadUsage, second: ThreadUsage): number {
  return second.percentUsed - first.percentUsed || (first.threadId < second.threadId ? -1 : 1);
}

function threadToJson(usage: ThreadUsage): z.infer<typeof threadSchema> {
  return {
    threadId: usage.threadId,
    maxTokens: amountToJson(usage.maxTokens),
    promptTokens: amountToJson(usage.promptTokens),
    completionTokens: amountToJson(usage.completionTokens),
    totalTokens: amountToJson(usage.totalTokens),
    remaining: amountToJson(usage.remaining),
    requestCount: usage.requestCount,
    percentUsed: usage.percentUsed,
    isExhausted: usage.isExhausted,
  };
}
