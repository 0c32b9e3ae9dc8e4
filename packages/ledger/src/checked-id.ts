import { CodedError } from '@budget/core';
import { shown } from './shown.js';

export const MAX_ID_LENGTH = 200;

/** PostgreSQL keeps no zero character, and no half of a surrogate pair can be kept anywhere. */
const unfit = /\0|\p{Surrogate}/u;

/** Of a reservation or a booking, on every store. @throws CodedError `id_invalid` */
export function checkedId(id: unknown): string {
  if (typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH && !unfit.test(id)) return id;
  throw new CodedError({
    code: 'id_invalid',
    kind: 'input',
    message: `${shown(id)} is no id. An id is a text of 1 to ${MAX_ID_LENGTH} characters, without U+0000.`,
  });
}
