import type { Dialect } from './dialect.js';

/** 402: SDKs raise it and do not try again, as they do after a 409, a 429 or a 500. */
export const REFUSED_STATUS = 402;

/**
 * An error as the provider would write it, so that an SDK raises its own error type for it. The code stands in the
 * message too, because most SDKs show nothing else.
 */
export function refusalBody(dialect: Dialect, code: string, reason: string): object {
  const message = `${code}: ${reason}`;
  switch (dialect) {
    case 'anthropic':
      return { type: 'error', error: { type: code, message } };
    case 'google':
      return { error: { code: REFUSED_STATUS, message, status: code.toUpperCase() } };
    case 'cohere':
    case 'bedrock':
      return { message };
    case 'ollama':
      return { error: message };
    default:
      return { error: { message, type: code, param: null, code } };
  }
}
