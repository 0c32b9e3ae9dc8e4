import { type NanoUsd, parseDecimal } from '@budget/core';
import * as z from 'zod';
import { readableText } from '../yaml/readable-text.js';
import { readEditedYaml } from './edited-yaml.js';
import { adviceForEdited, fileProblems, refuseNewerSchema } from './problems.js';
import { defaultSettings, type Settings } from './settings-values.js';

const usd = z
  .number({ error: 'an amount of USD, such as 5 or 0.50' })
  .nonnegative({ error: 'an amount of USD that is not negative' })
  .meta({ description: 'USD' });
const count = z.int({ error: 'a whole number' }).nonnegative({ error: 'a whole number that is not negative' });

/** A limit that is misspelt would not be held, so here, unlike elsewhere, an unknown key is an error. */
const limits = z.strictObject(
  {
    max_usd: usd.optional().meta({ description: 'What this infospace may spend in its whole life, in USD.' }),
    warn_usd: usd.optional().meta({ description: 'From here on a warning is given, in USD.' }),
    max_train_usd: usd.optional(),
    max_infer_usd: usd.optional(),
    max_calls: count.optional().meta({ description: 'How many calls this infospace may make in its whole life.' }),
    max_tokens_per_thread: count.optional(),
    on_exceed: z.enum(['refuse', 'stop', 'continue'], { error: 'one of refuse, stop, continue' }).optional(),
    on_unpriced: z.enum(['refuse', 'allow'], { error: 'one of refuse, allow' }).optional(),
  },
  { error: 'a map of limits, such as max_usd: 5' },
);

/** Of these, those that nothing holds yet: who sets one relies on it. */
const NOT_HELD = ['max_train_usd', 'max_infer_usd'] as const;

const flag = z.boolean({ error: 'true or false' });
/** An opt-out that is misspelt would be none. */
const hub = z.strictObject({ disabled: flag.optional() }, { error: 'a map, such as disabled: true' });
const text = z.string({ error: 'a text' });
/** With the name of any directory behind it, it is no longer than a scope may be, and alone than a hub takes. */
const MAX_WORKSPACE_LENGTH = 200;
/** It becomes part of scopes, where an empty one would be shared by the infospaces of all that have none. */
const workspace = z
  .string({ error: 'a name' })
  .refine(
    (name) => name.trim() === name && name.length <= MAX_WORKSPACE_LENGTH && /^[^\p{Cc}\p{Surrogate}]+$/u.test(name),
    {
      error: `a name of at most ${MAX_WORKSPACE_LENGTH} characters, without control characters and without blanks at its ends`,
    },
  );
const amount = z.number({ error: 'a number' }).nonnegative({ error: 'a number that is not negative' });

const model = z.looseObject(
  {
    name: z.string({ error: 'a name' }),
    provider: z.string({ error: 'a provider' }),
    model: z.string({ error: 'a model id' }),
    pricing_id: text.optional(),
    price_version: text.optional(),
    fine_tuned: flag.optional(),
    free: flag.optional(),
    max_output_tokens: count.optional(),
  },
  { error: 'a map with name, provider and model' },
);

/** A key with nothing under it, as it stands once its lines are commented out, is as good as missing. */
const settings = z.looseObject(
  {
    schema_version: z.literal(1).nullish(),
    workspace: workspace.optional(),
    budget: limits.nullish(),
    models: z.array(model, { error: 'a list of models' }).nullish(),
    program: z
      .looseObject(
        { estimated_calls_per_example: amount.optional(), estimated_training_calls: amount.optional() },
        { error: 'a map, such as estimated_training_calls: 100' },
      )
      .nullish(),
    retention: count.optional().meta({ description: 'How many plans are kept; 0 keeps all.' }),
    hub: hub.nullish(),
  },
  { error: 'settings are a map, such as retention: 50' },
);

/** The one name of a provider that has several: `bedrock` is `aws`. `null` where none is known. */
type ProviderOfName = (name: string) => string | null;

/**
 * Reads a `budget.yaml`; an empty one is all defaults.
 *
 * @throws CodedError `file_invalid` (kind `input`) with every problem, its line, and what is allowed; `schema_newer`.
 */
export function parseSettings(text: string, file: string, providerOfName: ProviderOfName = () => null): Settings {
  const document = readEditedYaml(text, file);
  if (document.value === null) return defaultSettings;
  refuseNewerSchema(file, text, (document.value as Record<string, unknown>)['schema_version'], adviceForEdited);
  const parsed = settings.safeParse(document.value);
  if (!parsed.success) {
    throw fileProblems(
      file,
      parsed.error.issues.flatMap((issue) => {
        const keys = issue.code === 'unrecognized_keys' ? issue.keys : [null];
        return keys.map((key) => {
          const path = key === null ? issue.path : [...issue.path, key];
          return {
            path: path.join('.'),
            line: document.lineOf(path),
            message: key === null ? issue.message : notKnown(path),
          };
        });
      }),
    );
  }
  const given = parsed.data;
  const repeated = repeatedModels(given.models ?? [], providerOfName);
  if (repeated.length > 0) {
    throw fileProblems(
      file,
      repeated.map(({ index, earlier }) => ({
        path: `models.${index}`,
        line: document.lineOf(['models', index]),
        message: `models.${earlier} says something else of the same provider and model; say it once`,
      })),
    );
  }
  return {
    workspace: given.workspace ?? null,
    maxNanoUsd: nanoUsd(given.budget?.max_usd),
    warnNanoUsd: nanoUsd(given.budget?.warn_usd),
    maxCalls: given.budget?.max_calls ?? null,
    maxTokensPerThread: given.budget?.max_tokens_per_thread ?? null,
    onExceed: given.budget?.on_exceed ?? null,
    onUnpriced: given.budget?.on_unpriced ?? null,
    retention: given.retention ?? defaultSettings.retention,
    models: (given.models ?? []).map((declared) => ({
      provider: declared.provider,
      model: declared.model,
      free: declared.free ?? false,
      pricingId: declared.pricing_id ?? null,
      priceVersion: declared.price_version ?? null,
      maxOutputTokens: declared.max_output_tokens ?? null,
    })),
    hubDisabled: given.hub?.disabled ?? false,
    warnings: [
      ...unknownKeys(given).map(
        (key) => `${file}:${document.lineOf([key])}: ${readableText(key)} ${withoutEffect(key)}.`,
      ),
      ...NOT_HELD.filter((key) => given.budget?.[key] !== undefined).map(
        (key) => `${file}:${document.lineOf(['budget', key])}: budget.${key} is not used yet and limits nothing.`,
      ),
    ],
  };
}

function notKnown([map]: readonly PropertyKey[]): string {
  return map === 'hub'
    ? 'not known; allowed is disabled'
    : `not known; allowed are ${Object.keys(limits.shape).join(', ')}`;
}

/** Of one model under several names, as planners have them, each row must say the same: else its place would decide. */
function repeatedModels(
  models: readonly z.infer<typeof model>[],
  providerOfName: ProviderOfName,
): { index: number; earlier: number }[] {
  const first = new Map<string, { readonly index: number; readonly says: string }>();
  return models.flatMap((each, index) => {
    const provider = providerOfName(each.provider) ?? each.provider.toLowerCase();
    const key = JSON.stringify([provider, each.model.toLowerCase()]);
    const { free = false, pricing_id, price_version, max_output_tokens } = each;
    const says = JSON.stringify([free, pricing_id, price_version, max_output_tokens]);
    const before = first.get(key);
    if (before === undefined) first.set(key, { index, says });
    return before === undefined || before.says === says ? [] : [{ index, earlier: before.index }];
  });
}

// A file with more of them is another kind of file, and nobody reads a thousand warnings.
const MAX_WARNINGS = 10;

function unknownKeys(given: object): string[] {
  const unknown = Object.keys(given).filter((key) => !Object.hasOwn(settings.shape, key));
  return unknown.slice(0, MAX_WARNINGS);
}

function withoutEffect(key: string): string {
  return Object.hasOwn(limits.shape, key)
    ? 'limits nothing here: it belongs under budget'
    : 'is not known and has no effect';
}

/** Down, never up: a limit that was rounded up would let more be spent than its owner wrote. */
function nanoUsd(amount: number | undefined): NanoUsd | null {
  const exact = amount === undefined ? null : parseDecimal(amount, 9 + FINER);
  return exact && exact.units / 10n ** BigInt(FINER);
}

// Decimals beyond the nano-USD, enough for any number that a person would write.
const FINER = 40;

/** The JSON Schema of `budget.yaml`, for editors. */
export function settingsJsonSchema(): object {
  return z.toJSONSchema(settings);
}

/** A new `budget.yaml`: everything optional stands in a comment, so that the file is valid and says what it can do. */
export function newSettingsFile(schemaPath: string): string {
  return `# yaml-language-server: $schema=${schemaPath}
# Settings of this infospace for budget. All are optional.
schema_version: 1

# workspace: acme            # the name used in scopes and events; default: the directory's name

# budget:
#   max_usd: 5               # what this infospace may spend in its whole life
#   warn_usd: 4              # from here on a warning
#   max_calls: 500

# retention: 50              # how many plans are kept; 0 keeps all
`;
}
