type SnakeCase<Text extends string> = Text extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${SnakeCase<Rest>}`
    : `_${Lowercase<First>}${SnakeCase<Rest>}`
  : Text;

/** The same fields under their names on disk: `promptTokens` becomes `prompt_tokens`. One level deep. */
export type SnakeKeys<Fields> = { [Key in keyof Fields as Key extends string ? SnakeCase<Key> : Key]: Fields[Key] };

/** One level deep on purpose: what lies below may be a user's own and must keep its keys. */
export function snakeKeys<Fields extends object>(fields: Fields): SnakeKeys<Fields> {
  const renamed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    renamed[snakeCase(key)] = value;
  }
  return renamed as SnakeKeys<Fields>;
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
