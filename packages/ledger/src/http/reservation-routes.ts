import { createRoute, z } from '@hono/zod-openapi';
import { BudgetExceededError } from '../budget-errors.js';
import { changeError } from '../change-errors.js';
import { DEFAULT_EXPIRY_MS } from '../ledger.js';
import { amountsFromJson, amountsSchema } from './amount-json.js';
import { refusals } from './refusal.js';
import {
  expirySchema,
  idSchema,
  reservationRequestSchema,
  reservationSchema,
  reservationToJson,
  statusSchema,
} from './reservation-json.js';
import type { RouteGroup } from './route-group.js';

const params = z.object({ id: idSchema });
const answer = {
  description: 'The reservation as it is now.',
  content: { 'application/json': { schema: reservationSchema } },
};
const madeSchema = z
  .object({
    ...{ id: z.string(), status: statusSchema, expiresAt: z.iso.datetime() },
    isUnrecorded: z.literal(true).optional().openapi({
      description: 'The ledger could not be used, and whoever runs this server chose that calls go on without a limit.',
    }),
  })
  .openapi('ReservationMade');
const made = { 'application/json': { schema: madeSchema } };

const reserveRoute = createRoute({
  method: 'post',
  path: '/reservations',
  summary: 'Sets amounts aside on all limits of the scopes and their ancestors, or on none.',
  request: { body: { required: true, content: { 'application/json': { schema: reservationRequestSchema } } } },
  responses: {
    201: { description: 'It is made.', content: made },
    200: { description: 'It was made by an earlier request with this id.', content: made },
    ...refusals(401, 400, 402, 409, 413, 415, 422),
  },
});

const readRoute = createRoute({
  method: 'get',
  path: '/reservations/{id}',
  summary: 'A reservation.',
  request: { params },
  responses: { 200: answer, ...refusals(401, 404, 422) },
});

const sentRoute = createRoute({
  method: 'post',
  path: '/reservations/{id}/sent',
  summary: 'The request leaves now. After a 409 it must not.',
  request: { params },
  responses: { 200: answer, ...refusals(401, 404, 409, 422) },
});

const extendRoute = createRoute({
  method: 'post',
  path: '/reservations/{id}/extend',
  summary: 'The hold ends that long from now.',
  request: {
    params,
    body: {
      content: {
        'application/json': {
          schema: z.strictObject({ expiresInMs: expirySchema.default(DEFAULT_EXPIRY_MS) }).openapi('Extension'),
        },
      },
    },
  },
  responses: { 200: answer, ...refusals(401, 400, 404, 409, 413, 415, 422) },
});

const settleRoute = createRoute({
  method: 'post',
  path: '/reservations/{id}/settle',
  summary: 'Books what was used; a unit that is not named is booked as it was held.',
  request: {
    params,
    body: {
      required: true,
      content: { 'application/json': { schema: z.strictObject({ amounts: amountsSchema }).openapi('Settlement') } },
    },
  },
  responses: { 200: answer, ...refusals(401, 400, 404, 409, 413, 415, 422) },
});

const releaseRoute = createRoute({
  method: 'post',
  path: '/reservations/{id}/release',
  summary: 'Frees the hold. Once sent, only with proof that nothing was billed.',
  request: {
    params,
    body: {
      content: {
        'application/json': { schema: z.strictObject({ isNotBilled: z.boolean().default(false) }).openapi('Release') },
      },
    },
  },
  responses: { 200: answer, ...refusals(401, 400, 404, 409, 413, 415, 422) },
});

export const reservationRoutes: RouteGroup = (api, { ledger, metrics }) => {
  api.openapi(reserveRoute, async (context) => {
    const { amounts, ...request } = context.req.valid('json');
    const held = await ledger.reserve({ amounts: amountsFromJson(amounts), ...request }).catch((error: unknown) => {
      if (BudgetExceededError.isInstance(error)) metrics.reservation('refused');
      throw error;
    });
    metrics.reservation(held.isRepeated ? 'repeated' : 'made');
    const { id, status, expiresAt } = reservationToJson(held);
    const body = { id, status, expiresAt, ...(held.isUnrecorded && { isUnrecorded: true as const }) };
    return held.isRepeated ? context.json(body, 200) : context.json(body, 201);
  });

  api.openapi(readRoute, async (context) => {
    const { id } = context.req.valid('param');
    const reservation = await ledger.readReservation(id);
    if (reservation === null) throw changeError(id, 'unknown');
    return context.json(reservationToJson(reservation), 200);
  });

  api.openapi(sentRoute, async (context) => {
    const { id } = context.req.valid('param');
    return context.json(reservationToJson(await ledger.markSent(id)), 200);
  });

  api.openapi(extendRoute, async (context) => {
    const { id } = context.req.valid('param');
    // Without a body the validated one is empty, and has no default.
    const { expiresInMs = DEFAULT_EXPIRY_MS } = context.req.valid('json');
    return context.json(reservationToJson(await ledger.extend(id, expiresInMs)), 200);
  });

  api.openapi(settleRoute, async (context) => {
    const { id } = context.req.valid('param');
    const { amounts } = context.req.valid('json');
    return context.json(reservationToJson(await ledger.settle(id, amountsFromJson(amounts))), 200);
  });

  api.openapi(releaseRoute, async (context) => {
    const { id } = context.req.valid('param');
    const { isNotBilled = false } = context.req.valid('json');
    return context.json(reservationToJson(await ledger.release(id, { isNotBilled })), 200);
  });
};
