import { CodedError } from '@budget/core';

export interface InvalidFieldOptions {
  readonly code: string;
  readonly message: string;
  readonly field: string;
}

/** An argument makes no sense because of one of its fields. */
export class InvalidFieldError extends CodedError {
  /** Its name in the argument, such as `promptTokens`; empty where the whole is wrong. */
  readonly field: string;

  constructor({ code, message, field }: InvalidFieldOptions) {
    super({ code, kind: 'input', message });
    this.name = 'InvalidFieldError';
    this.field = field;
  }

  static override isInstance(value: unknown): value is InvalidFieldError {
    return CodedError.isInstance(value) && 'field' in value;
  }
}
