import { randomUUID } from 'node:crypto';
import type { Fields } from '@budget/core';
import type { HubSettings } from '../hub-settings.js';
import { authorization, MAX_ANSWER_BYTES } from './http-events.js';
import { mcpAnswer } from './mcp-answer.js';
import type { HubAnswer, Requester } from './send-request.js';

/** `stateless`: each request stands alone. `handshake`: a session is begun first, as older servers want it. */
export type McpDialect = 'stateless' | 'handshake';

/** A version that servers from 2025 on know. */
const PROTOCOL_VERSION = '2025-06-18';

export interface McpSession {
  /** One request of JSON-RPC, and the HTTP answer to it. In a handshake it may be the answer to an earlier step. */
  ask(
    method: string,
    parameters: Fields,
    signal: AbortSignal,
  ): Promise<{ readonly id: string; readonly answer: HubAnswer }>;
  /** Tells a server that keeps sessions that this one is over. */
  end(signal: AbortSignal): Promise<void>;
}

export function mcpSession(settings: HubSettings, requester: Requester, dialect: McpDialect): McpSession {
  let headers: Readonly<Record<string, string>> = {
    ...authorization(settings),
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': PROTOCOL_VERSION,
  };
  let isBegun = dialect === 'stateless';

  async function post(message: Fields, signal: AbortSignal): Promise<HubAnswer> {
    const { id } = message;
    return await requester.send({
      method: 'POST',
      url: settings.url,
      headers,
      maxBytes: MAX_ANSWER_BYTES,
      signal,
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
      // A stream may stay open after the answer has come.
      isWhole: typeof id === 'string' ? (text) => mcpAnswer(text, id) !== null : undefined,
    });
  }

  /** `null` when the session has begun, else what the server said instead. */
  async function begin(signal: AbortSignal): Promise<{ id: string; answer: HubAnswer } | null> {
    const id = randomUUID();
    const parameters = {
      protocolVersion: PROTOCOL_VERSION,
      capabilities: {},
      clientInfo: { name: 'budget-hub-client', version: '1' },
    };
    const answer = await post({ id, method: 'initialize', params: parameters }, signal);
    const begun = answer.status === 200 ? mcpAnswer(answer.text, id) : null;
    if (begun === null || !('result' in begun)) return { id, answer };
    const session = answer.headers['mcp-session-id'];
    const version = begun.result['protocolVersion'];
    headers = {
      ...headers,
      ...(session !== undefined && { 'mcp-session-id': session }),
      ...(typeof version === 'string' && { 'mcp-protocol-version': version }),
    };
    await post({ method: 'notifications/initialized' }, signal);
    isBegun = true;
    return null;
  }

  return {
    async ask(method, parameters, signal) {
      const instead = isBegun ? null : await begin(signal);
      if (instead !== null) return instead;
      const id = randomUUID();
      return { id, answer: await post({ id, method, params: parameters }, signal) };
    },
    async end(signal) {
      if (headers['mcp-session-id'] === undefined) return;
      const { 'content-type': _, ...rest } = headers;
      await requester.send({ method: 'DELETE', url: settings.url, headers: rest, body: '', maxBytes: 1024, signal });
    },
  };
}
