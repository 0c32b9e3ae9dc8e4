import { CodedError, type JsonFields, readPlans } from '@budget/infospace';
import { chooseInfospace } from '../choose-infospace.js';
import { type CommandResult, text } from '../command-result.js';

export async function planShow(
  infospace: string | undefined,
  options: { readonly snapshot: string },
  directory: string,
): Promise<CommandResult> {
  const { slug, document } = await readPlans(chooseInfospace(infospace, directory));
  const snapshots = (document?.['snapshots'] ?? []) as JsonFields[];
  const wanted = options.snapshot;
  const found = wanted === 'latest' ? snapshots.at(-1) : snapshots.findLast((plan) => plan['snapshot_id'] === wanted);
  if (found === undefined) throw notFound(slug, wanted, snapshots);
  const view = async () => [text((await import('../render/yaml.js')).renderYaml(found).trimEnd())];
  return { value: found, view };
}

function notFound(slug: string, wanted: string, snapshots: readonly JsonFields[]): CodedError {
  const known = snapshots.map((plan) => plan['snapshot_id']).join(', ');
  const message =
    known === ''
      ? `${slug} has no plan yet. Record one with \`budget plan record --from <file>\`.`
      : `${slug} has no plan ${wanted}. Its plans are ${known}.`;
  return new CodedError({ code: 'snapshot_not_found', kind: 'input', message });
}
