import { type Clock, parsedJson, systemClock } from '@budget/core';
import type { HubSettings } from '../hub-settings.js';
import { notAHub, outcomeOfStatus } from './outcome-of-answer.js';
import type { HubAnswer, Requester } from './send-request.js';
import type { Transport } from './transport.js';

/** A hub has little to say. */
export const MAX_ANSWER_BYTES = 64 * 1024;

export interface TransportParts {
  readonly settings: HubSettings;
  readonly requester: Requester;
  readonly clock?: Clock | undefined;
}

/** One event, one request: `POST <hub>/token-events`, CloudEvents 1.0 in structured mode. */
export function httpEvents({ settings, requester, clock = systemClock }: TransportParts): Transport {
  return {
    async send(event, signal) {
      const answer = await requester.send({
        method: 'POST',
        url: `${settings.url}/token-events`,
        headers: {
          ...authorization(settings),
          'content-type': 'application/cloudevents+json; charset=utf-8',
          accept: 'application/json',
          'idempotency-key': event.id,
        },
        body: JSON.stringify(event),
        maxBytes: MAX_ANSWER_BYTES,
        signal,
      });
      if (answer.status < 200 || answer.status >= 300) return outcomeOfStatus(answer, clock.nowMs());
      return isOfHub(answer) ? { kind: 'accepted' } : notAHub;
    },
    close: async () => requester.close(),
  };
}

/** Whether an answer of 2xx is that of a hub: the page by which a network asks for a login is a 200 too. */
export function isOfHub({ text, isTooLong }: HubAnswer): boolean {
  return !isTooLong && (text.trim() === '' || parsedJson(text) !== undefined);
}

export function authorization({ token }: HubSettings): Readonly<Record<string, string>> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}
