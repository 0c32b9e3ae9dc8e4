import { CodedError } from '@budget/core';
import { createRoute, z } from '@hono/zod-openapi';
import type { Observation } from '../observation.js';
import { createObservations } from '../observations.js';
import { judgementSchema, observationFromJson, observationsSchema } from './observation-json.js';
import { refusals } from './refusal.js';
import type { ObservationRouteGroup } from './route-group.js';

const outcomeSchema = z.enum(['recorded', 'known', 'differs']);
const oneSchema = z.object({ id: z.string(), outcome: outcomeSchema }).openapi('ObservationOutcome');
const count = z.int().min(0);
const manySchema = z
  .object({ outcomes: z.array(oneSchema), recorded: count, known: count, differs: count })
  .openapi('ObservationOutcomes');
const answered = { 'application/json': { schema: z.union([oneSchema, manySchema]) } };

const observeRoute = createRoute({
  method: 'post',
  path: '/observations',
  summary: 'Records a call, or a list of calls: all of the list, or none. Each id is recorded once.',
  request: { body: { required: true, content: { 'application/json': { schema: observationsSchema } } } },
  responses: {
    201: { description: 'Something was recorded.', content: answered },
    200: { description: 'Nothing was: earlier requests recorded these ids.', content: answered },
    ...refusals(401, 400, 409, 413, 415, 422),
  },
});

const judgedSchema = z.object({ id: z.string(), quality: z.number(), source: z.string() }).openapi('Judged');
const judged = { 'application/json': { schema: judgedSchema } };

const judgeRoute = createRoute({
  method: 'post',
  path: '/observations/{id}/judgements',
  summary: 'Says how good a call was.',
  request: {
    params: z.object({ id: z.string().openapi({ example: 'call-7f3a' }) }),
    body: { required: true, content: { 'application/json': { schema: judgementSchema } } },
  },
  responses: {
    201: { description: 'It is said.', content: judged },
    200: { description: 'This source had said the same.', content: judged },
    ...refusals(401, 400, 404, 409, 413, 415, 422),
  },
});

export const observationRoutes: ObservationRouteGroup = (api, { observations: store }) => {
  const observations = createObservations({ store });

  api.openapi(observeRoute, async (context) => {
    const body = context.req.valid('json');
    const given: readonly Observation[] = (Array.isArray(body) ? body : [body]).map(observationFromJson);
    const results = await observations.observe(given);
    const outcomes = given.map(({ id }, index) => ({ id, outcome: results[index] ?? 'known' }));
    const countOf = (outcome: z.infer<typeof outcomeSchema>) => results.filter((each) => each === outcome).length;
    const status = countOf('recorded') > 0 ? 201 : 200;
    if (Array.isArray(body)) {
      const counts = { recorded: countOf('recorded'), known: countOf('known'), differs: countOf('differs') };
      return context.json({ outcomes, ...counts }, status);
    }
    if (countOf('differs') > 0)
      throw refused('id_taken', `${body.id} is recorded already, as another call. Give every call an id of its own.`);
    return context.json({ id: body.id, outcome: countOf('recorded') > 0 ? 'recorded' : 'known' }, status);
  });

  api.openapi(judgeRoute, async (context) => {
    const { id } = context.req.valid('param');
    const { quality, source } = context.req.valid('json');
    const outcome = await observations.judge({ observationId: id, quality, source });
    if (outcome === 'unknown') throw refused('observation_unknown', `No observation ${id} is kept.`);
    if (outcome === 'differs')
      throw refused('already_judged', `${source} has judged ${id} otherwise before, and that stays.`);
    return context.json({ id, quality, source }, outcome === 'judged' ? 201 : 200);
  });
};

function refused(code: string, message: string): CodedError {
  return new CodedError({ code, kind: 'input', message });
}
