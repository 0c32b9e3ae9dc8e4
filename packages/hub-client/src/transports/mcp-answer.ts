import { type Fields, isFields, parsedJson } from '@budget/core';
import type { HubAnswer } from './send-request.js';

/** The answer to one request of JSON-RPC: its result, or an error. */
export type McpAnswer =
  | { readonly result: Fields }
  | { readonly error: { readonly code: number; readonly message: string } };

/** Of JSON, or of an event stream that holds it among other messages. `null`: it is not there (yet). */
export function mcpAnswer(text: string, id: string): McpAnswer | null {
  for (const message of messagesIn(text)) {
    if (!isFields(message) || message['id'] !== id) continue;
    const { result, error } = message as { result?: unknown; error?: unknown };
    if (isFields(result)) return { result };
    if (isFields(error) && typeof error['code'] === 'number')
      return { error: { code: error['code'], message: String(error['message'] ?? '') } };
  }
  return null;
}

/** An error that came with another status than 2xx, whatever request it names. */
export function mcpError({ text }: HubAnswer): { readonly code: number } | null {
  const message = messagesIn(text).find((each) => isFields(each) && isFields(each['error']));
  const error = isFields(message) && isFields(message['error']) ? message['error'] : {};
  return typeof error['code'] === 'number' ? { code: error['code'] } : null;
}

function messagesIn(text: string): unknown[] {
  const whole = parsedJson(text);
  if (whole !== undefined) return Array.isArray(whole) ? whole : [whole];
  return eventData(text).map(parsedJson);
}

/** The data of each event that is complete: an empty line ends one (HTML standard, server-sent events). */
function eventData(stream: string): string[] {
  const events = stream.replaceAll(/\r\n?/g, '\n').split('\n\n').slice(0, -1);
  return events.map((event) =>
    event
      .split('\n')
      .flatMap((line) => /^data:? ?(.*)$/s.exec(line)?.[1] ?? [])
      .join('\n'),
  );
}
