/** A rule by which the price data says which names mean a model or a provider. Compared without regard to case. */
export type NameRule =
  | { readonly equals: string }
  | { readonly starts_with: string }
  | { readonly ends_with: string }
  | { readonly contains: string }
  | { readonly regex: string }
  | { readonly or: readonly NameRule[] }
  | { readonly and: readonly NameRule[] };

/** Whether a name means a model by one of its rules. `name` in lower case. */
export function meansModel(rule: NameRule, name: string): boolean {
  return matchesRule(rule, name, (part, rest) => !namesAnotherModel(part, rest));
}

/**
 * `name` in lower case.
 *
 * @param mayFollow whether a rule that is open at the end takes what follows its text
 */
export function matchesRule(
  rule: NameRule,
  name: string,
  mayFollow: (part: string, rest: string) => boolean = () => true,
): boolean {
  if ('or' in rule) return rule.or.some((each) => matchesRule(each, name, mayFollow));
  if ('and' in rule) return rule.and.every((each) => matchesRule(each, name, mayFollow));
  if ('regex' in rule) {
    const found = compiled(rule.regex).exec(name);
    return found !== null && mayFollow(found[0], name.slice(found.index + found[0].length));
  }
  if ('equals' in rule) return name === rule.equals.toLowerCase();
  if ('ends_with' in rule) return name.endsWith(rule.ends_with.toLowerCase());
  const part = ('starts_with' in rule ? rule.starts_with : rule.contains).toLowerCase();
  const at = name.indexOf(part);
  if (at < 0 || ('starts_with' in rule && at > 0)) return false;
  return mayFollow(part, name.slice(at + part.length));
}

/**
 * The rules of the price data are open at the end, for dates and revisions to follow. They must not take in what only
 * begins alike: `o4-mini-deep-research` is not `o4-mini`, `claude-sonnet-5-1` is not `claude-sonnet-5`, and an embedding
 * v2 is not the v1 that the rule was made for.
 */
function namesAnotherModel(part: string, rest: string): boolean {
  // Fine-tuned models have names of their users, and Gemma's sizes share their price.
  if (rest === '' || part === '' || /^ft:|\.ft-$|^gemma-3-$/.test(part)) return false;
  if (/[-@]$/.test(part)) return !RELEASE.test(`${part.at(-1)}${rest}`);
  const begun = /\d+$/.exec(part)?.[0] ?? '';
  const continued = /^\d+/.exec(rest)?.[0] ?? '';
  // A number that a rule breaks off is a date (2025…) or a revision with its zero in front (001), nothing else.
  if (begun !== '' && continued !== '' && !/^(?:20\d{2,6}|0\d{2,3})$/.test(begun + continued)) return true;
  const release = rest.slice(begun === '' ? 0 : continued.length);
  if (!RELEASE.test(release)) return true;
  const version = /-v(\d+)/.exec(release)?.[1] ?? '1';
  return version !== '1' && !/20\d{6}/.test(part + rest);
}

/** What tells releases of one model apart: `-2024-08-06`, `-05-20`, `-0125`, `-v1:0`, `-preview`, `@20250929`. */
const RELEASE =
  /^(?:[-@](?:20\d{6}|\d{2,4}|v\d+|latest|default|preview|exp|experimental|beta|customtools)|:\d+[km]?|\[1m\])*$/;

const expressions = new Map<string, RegExp>();

function compiled(source: string): RegExp {
  let expression = expressions.get(source);
  if (expression === undefined) {
    expression = new RegExp(source);
    expressions.set(source, expression);
  }
  return expression;
}

/** As providers date their models: `-20250514`, `-2024-08-06`, `@20250514`. */
const DATE = /[-@](20\d{2})(-?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])$/;
/** As providers number the revisions of a model: `-v1:0`, `-001`, `-latest`, `:latest`. */
const REVISION = /(?:-v\d+:\d+|-00\d|[-:]latest)$/;

/** `gpt-4o` of `gpt-4o-2024-08-06`; a name without a date as it is. */
export function withoutDate(name: string): string {
  return name.replace(DATE, '');
}

/** The names under which a dated or numbered release may stand when it does not stand under its own. */
export function withoutRelease(name: string): string[] {
  const unnumbered = name.replace(REVISION, '');
  const names = [name, unnumbered].flatMap((each) => [each, each.replace(DATE, '-$1-$3-$4'), withoutDate(each)]);
  return [...new Set(names)].filter((each) => each !== name);
}
