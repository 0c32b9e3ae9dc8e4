import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { type Fault, faultsOf, type Outcome } from './refusal.js';

/** What the bearer of a token may write and read. */
export interface Grant {
  /** Whose token it is, for people. */
  readonly name: string;
  /** `*`: all of them. */
  readonly workspace: string;
  readonly infospace: string;
}

/** A token as it is configured: it cannot be found out from its hash. */
export interface HashedToken extends Grant {
  /** 64 hex digits. */
  readonly sha256: string;
}

/** Of whoever asks where no tokens are configured. */
const everything: Grant = { name: 'anybody on this machine', workspace: '*', infospace: '*' };

const MAX_TOKENS = 10_000;
const text = z.string().min(1).max(256);
const tokensSchema = z.strictObject({
  tokens: z
    .array(
      z
        .strictObject({
          name: text,
          sha256: z
            .string()
            .regex(/^[0-9a-f]{64}$/, 'Must be 64 hex digits in small letters, which `budget-hub token` prints'),
          workspace: text,
          infospace: text,
        })
        .refine(
          ({ workspace, infospace }) => workspace !== '*' || infospace === '*',
          'Must name the workspace of its infospace',
        ),
    )
    .min(1)
    .max(MAX_TOKENS)
    .superRefine((tokens, context) => {
      const nameOf = new Map<string, string>();
      for (const [index, { sha256, name }] of tokens.entries()) {
        const message = `Is the token of ${JSON.stringify(nameOf.get(sha256))} too: make one for each`;
        if (nameOf.has(sha256)) context.addIssue({ code: 'custom', path: [index, 'sha256'], message });
        nameOf.set(sha256, name);
      }
    }),
});

/** The text of a tokens file, or all that is wrong with it. */
export function parseTokens(
  json: string,
): { readonly tokens: readonly HashedToken[] } | { readonly faults: readonly Fault[] } {
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch (error) {
    // Not what stands there: it may be a token.
    const position = /position \d+/.exec(String(error))?.[0];
    return { faults: [{ path: '', message: `is no JSON${position === undefined ? '' : ` from ${position} on`}` }] };
  }
  const parsed = tokensSchema.safeParse(given);
  return parsed.success ? { tokens: parsed.data.tokens } : { faults: faultsOf(parsed.error) };
}

/** 256 random bits: such a token needs no slow hash, as nobody can try them all. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Finds out who asks. With `null` no token is needed. */
export function accessBy(tokens: readonly HashedToken[] | null): (authorization: string | undefined) => Outcome<Grant> {
  const known = (tokens ?? []).map((token) => ({ token, hash: Buffer.from(token.sha256, 'hex') }));
  return (authorization) => {
    if (tokens === null) return { value: everything };
    const given = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '')?.[1];
    if (given === undefined) {
      const detail = 'A token is needed: send it as `Authorization: Bearer …`';
      return { refusal: { status: 401, code: 'token_missing', detail } };
    }
    const hash = Buffer.from(hashOf(given), 'hex');
    // Each is compared, and whole, so that the time tells nothing of them.
    const [found] = known.filter((each) => timingSafeEqual(each.hash, hash));
    if (found !== undefined) return { value: found.token };
    return { refusal: { status: 403, code: 'token_unknown', detail: 'This hub does not know the token' } };
  };
}

export function covers(grant: Grant, workspace: string, infospace: string): boolean {
  return [
    [grant.workspace, workspace],
    [grant.infospace, infospace],
  ].every(([granted, asked]) => granted === '*' || granted === asked);
}
