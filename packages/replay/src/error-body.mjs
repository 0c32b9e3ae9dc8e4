/** @import { ErrorAnswer } from './index.mjs' */

/** What each API calls an error of a status. */
const ANTHROPIC_TYPES = /** @type {Readonly<Record<number, string>>} */ ({
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
});
const GOOGLE_STATUSES = /** @type {Readonly<Record<number, string>>} */ ({
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'FAILED_PRECONDITION',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
});
const BEDROCK_TYPES = /** @type {Readonly<Record<number, string>>} */ ({
  400: 'ValidationException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  429: 'ThrottlingException',
  503: 'ServiceUnavailableException',
});
const OPENAI_ERRORS = /** @type {Readonly<Record<number, { type: string, code: string | null }>>} */ ({
  401: { type: 'invalid_request_error', code: 'invalid_api_key' },
  402: { type: 'insufficient_quota', code: 'insufficient_quota' },
  404: { type: 'invalid_request_error', code: 'model_not_found' },
  429: { type: 'requests', code: 'rate_limit_exceeded' },
});

/** @typedef {ErrorAnswer & { readonly message: string }} Told */

/** @param {Told} error */
function openaiError({ status, message, type, code }) {
  const usual = OPENAI_ERRORS[status] ?? { type: status < 500 ? 'invalid_request_error' : 'server_error', code: null };
  return { error: { message, type: type ?? usual.type, param: null, code: code ?? usual.code } };
}

/** @param {Told} error */
function googleError({ status, message, type }) {
  return { error: { code: status, message, status: type ?? GOOGLE_STATUSES[status] ?? 'INTERNAL' } };
}

/** @type {Readonly<Record<string, (error: Told) => object>>} */
const SHAPES = {
  anthropic: ({ status, message, type }) => ({
    type: 'error',
    error: { type: type ?? ANTHROPIC_TYPES[status] ?? 'api_error', message },
    request_id: 'req_replayed',
  }),
  bedrock: ({ message }) => ({ message }),
  cohere: ({ message }) => ({ id: 'replayed', message }),
  google: googleError,
  mistral: ({ message, type, code, status }) => ({
    object: 'error',
    message,
    type: type ?? 'invalid_request_error',
    param: null,
    code: code ?? null,
    raw_status_code: status,
  }),
  ollama: ({ message }) => ({ error: message }),
  openrouter: ({ status, message }) => ({ error: { message, code: status } }),
  vertex: googleError,
};

/** @type {typeof import('./index.mjs').errorBody} */
export const errorBody = (provider, error) => {
  const told = { ...error, message: error.message ?? `The replayed upstream answers ${error.status}.` };
  const shape = SHAPES[provider ?? ''] ?? openaiError;
  const headers = /** @type {Record<string, string>} */ ({ 'content-type': 'application/json' });
  if (error.retryAfterSeconds !== undefined) headers['retry-after'] = String(error.retryAfterSeconds);
  if (provider === 'bedrock') {
    // Its clients take the class of the error from this header.
    headers['x-amzn-errortype'] = error.type ?? BEDROCK_TYPES[error.status] ?? 'InternalServerException';
  }
  return { body: JSON.stringify(shape(told)), headers };
};
