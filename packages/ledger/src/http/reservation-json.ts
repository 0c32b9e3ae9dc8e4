import { z } from '@hono/zod-openapi';
import { MAX_ID_LENGTH } from '../checked-id.js';
import { MAX_EXPIRY_MS } from '../ledger.js';
import type { Reservation } from '../reservation.js';
import { MAX_SCOPES } from '../scope.js';
import { amountJson, amountsSchema, amountsToJson } from './amount-json.js';
import { scopeSchema } from './limit-json.js';
import { timeOrNull, timeToJson } from './time-json.js';

export const idSchema = z.string().min(1).max(MAX_ID_LENGTH).openapi({ example: 'call-7f3a' });
export const expirySchema = z.int().min(1).max(MAX_EXPIRY_MS);
export const statusSchema = z.enum(['held', 'sent', 'settled', 'released', 'expired']);
const time = z.iso.datetime();
const amountsOfAnswer = z.object({
  ...{ tokens: amountJson.optional(), nanoUsd: amountJson.optional(), calls: amountJson.optional() },
});

export const reservationRequestSchema = z
  .strictObject({
    id: idSchema.openapi({ description: 'Chosen by whoever asks; the same one again is the same reservation.' }),
    scopes: z.array(scopeSchema).min(1).max(MAX_SCOPES),
    amounts: amountsSchema.openapi({ description: 'What the call may use at most.' }),
    expiresInMs: expirySchema.optional().openapi({ description: 'Default: 5 minutes.' }),
    isSent: z.boolean().optional().openapi({
      description: 'The request leaves right after this, so that `sent` need not be called. Default: false.',
    }),
  })
  .openapi('ReservationRequest');

export const reservationSchema = z
  .object({
    ...{ id: z.string(), status: statusSchema },
    scopes: z.array(z.string()).openapi({ description: 'Those that were asked for, and their ancestors.' }),
    amounts: amountsOfAnswer,
    ...{ reservedAt: time, expiresAt: time, sentAt: time.nullable(), resolvedAt: time.nullable() },
    booked: amountsOfAnswer.nullable().openapi({ description: 'What counts as used; null while held or sent.' }),
    overrun: amountsOfAnswer.openapi({ description: 'The part of it that went beyond the hold.' }),
    isEstimated: z.boolean().openapi({ description: 'Booked whole, because nobody said what was used.' }),
  })
  .openapi('Reservation');

export function reservationToJson(reservation: Reservation): z.infer<typeof reservationSchema> {
  const { id, status, scopes, amounts, booked, overrun, isEstimated } = reservation;
  const { reservedAtMs, expiresAtMs, sentAtMs, resolvedAtMs } = reservation;
  return {
    id,
    status,
    scopes: [...scopes],
    amounts: amountsToJson(amounts),
    reservedAt: timeToJson(reservedAtMs),
    expiresAt: timeToJson(expiresAtMs),
    sentAt: timeOrNull(sentAtMs),
    resolvedAt: timeOrNull(resolvedAtMs),
    booked: booked === null ? null : amountsToJson(booked),
    overrun: amountsToJson(overrun),
    isEstimated,
  };
}
