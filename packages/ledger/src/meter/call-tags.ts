/** What a program says of its call in headers, which no provider sees. */
export interface CallTags {
  readonly thread?: string;
  readonly agent?: string;
  readonly task?: string;
  readonly phase?: string;
  readonly role?: string;
  readonly workflow?: string;
  readonly stage?: string;
}

const tagNames = ['thread', 'agent', 'task', 'phase', 'role', 'workflow', 'stage'] as const;

const PREFIX = 'x-budget-';
/** As long as a scope may be that is made of it. */
const MAX_LENGTH = 400;
const headersOfTags = tagNames.map((name) => [name, `${PREFIX}${name}`] as const);
const tagHeaders: ReadonlySet<string> = new Set(headersOfTags.map(([, header]) => header));

/** Whether a header, its name in small letters, is for us. */
export function isTagHeader(name: string): boolean {
  return tagHeaders.has(name);
}

/** A tag that cannot be the name of anything is left out: a wrong header is no reason to fail a call. */
export function callTags(header: (name: string) => string | null | undefined): CallTags {
  const tags: Partial<Record<(typeof tagNames)[number], string>> = {};
  for (const [name, headerName] of headersOfTags) {
    const given = header(headerName)?.trim() ?? '';
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they would spoil every list that shows the tag
    if (given !== '' && given.length <= MAX_LENGTH && !/[\u0000-\u001f\u007f]/.test(given)) tags[name] = given;
  }
  return tags;
}
