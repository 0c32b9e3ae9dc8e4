import type { KeptJudgement } from '../checked-observation.js';
import type { KeptObservation } from '../kept-observation.js';
import { MAX_BATCH, type ObservationStore, type Span } from '../observation-store.js';

/** An observation, and what was said of it after it was recorded, in the order in which it was said. */
export interface ExportedObservation {
  readonly kept: KeptObservation;
  readonly judgements: readonly KeptJudgement[];
}

/**
 * The observations of a span of time that are kept, newest first, 1,000 at a time, while others write on: each that was
 * there when this began is there once. What is recorded meanwhile may be there, also twice, which does no harm to who
 * records it by its id.
 *
 * @throws CodedError as the verbs of the store
 */
export async function* exportObservations(
  store: ObservationStore,
  { fromMs, toMs }: Span,
): AsyncGenerator<readonly ExportedObservation[]> {
  const all = { organisationId: null, agentId: null, model: null, limit: MAX_BATCH };
  // Those of the last moment that was seen come first, and as many are left out. Others that are recorded for that moment
  // come before them, and those that are forgotten stood behind.
  let endMs = toMs;
  let offset = 0;
  for (;;) {
    const { observations } = await store.listObservations({ ...all, span: { fromMs, toMs: endMs }, offset });
    const last = observations.at(-1);
    if (last === undefined) return;
    yield await withJudgements(store, observations);
    if (observations.length < MAX_BATCH) return;
    const ofLastMoment = observations.filter(({ atMs }) => atMs === last.atMs).length;
    offset = last.atMs + 1 === endMs ? offset + ofLastMoment : ofLastMoment;
    endMs = last.atMs + 1;
  }
}

async function withJudgements(
  store: ObservationStore,
  observations: readonly KeptObservation[],
): Promise<readonly ExportedObservation[]> {
  const said = await store.readJudgements(observations.map(({ id }) => id));
  const byId = new Map<string, KeptJudgement[]>();
  for (const judgement of said) {
    const others = byId.get(judgement.observationId);
    if (others === undefined) byId.set(judgement.observationId, [judgement]);
    else others.push(judgement);
  }
  return observations.map((kept) => ({ kept, judgements: byId.get(kept.id) ?? [] }));
}
