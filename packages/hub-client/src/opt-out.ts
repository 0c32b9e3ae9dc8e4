export type Environment = Readonly<Record<string, string | undefined>>;

/** Each turns the events off, whatever else says that they are on. */
const VARIABLES = ['BUDGET_DISABLE_HUB_EVENTS', 'INFOSPACE_BENCH_DISABLE_HUB_TOKEN_EVENTS', 'DO_NOT_TRACK'];

/** Who turned the events off, for people; `null` when nobody did. Set to nothing, `0` or `false` a variable says nothing. */
export function optedOutBy(environment: Environment): string | null {
  const variable = VARIABLES.find(
    (name) => !['', '0', 'false'].includes((environment[name] ?? '').trim().toLowerCase()),
  );
  return variable === undefined ? null : `${variable} is set`;
}
