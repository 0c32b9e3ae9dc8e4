import { checkedJudgement, checkedObservation, type Judgement } from './checked-observation.js';
import type { Observation } from './observation.js';
import { type JudgeOutcome, MAX_BATCH, type ObservationStore, type ObserveOutcome } from './observation-store.js';

/**
 * What is known of every call, across applications: recorded once by its id, judged later.
 *
 * Errors are CodedErrors: of kind `input` where an argument makes no sense, `environment` where the store could not be
 * used. After one of these the same may be sent again: what was recorded is recorded once.
 */
export interface Observations {
  readonly store: ObservationStore;
  /**
   * Records observations, of each 1,000 all or none. Resolves to what became of each, in their order: `recorded`,
   * `known` (the same was recorded before) or `differs` (another one was, under this id, and stays).
   *
   * @throws CodedError `observation_invalid`, naming the field; then none of them is recorded.
   */
  observe(given: Observation | readonly Observation[]): Promise<readonly ObserveOutcome[]>;
  /**
   * Says how good a call was. Each source says so once of each: `judged`, `known` (it said the same before), `differs`
   * (it said something else, which stays), or `unknown` where no such call is kept.
   *
   * @throws CodedError `judgement_invalid`
   */
  judge(judgement: Judgement): Promise<JudgeOutcome>;
}

export function createObservations({ store }: { readonly store: ObservationStore }): Observations {
  return {
    store,
    async observe(given) {
      const list = isList(given) ? given : [given];
      const kept = list.map((each, index) =>
        checkedObservation(each, isList(given) ? `observations[${index}]` : 'observation'),
      );
      const outcomes: ObserveOutcome[] = [];
      for (let at = 0; at < kept.length; at += MAX_BATCH)
        outcomes.push(...(await store.observe(kept.slice(at, at + MAX_BATCH))));
      return outcomes;
    },
    judge: async (judgement) => store.judge(checkedJudgement(judgement)),
  };
}

function isList(given: Observation | readonly Observation[]): given is readonly Observation[] {
  return Array.isArray(given);
}
