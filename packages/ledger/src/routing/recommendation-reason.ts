import { amountText } from '../budget-errors.js';
import { compareCosts } from './cost-of-completed.js';
import type { JudgedCandidate } from './judged-candidates.js';
import type { CheckedRequest, QualityRule } from './recommendation-request.js';

/** What was decided, and of what. */
export interface Decision {
  readonly asked: CheckedRequest;
  readonly judged: readonly JudgedCandidate[];
  /** Cheapest first. */
  readonly proven: readonly JudgedCandidate[];
  /** Who is taken where nobody is explored. */
  readonly usual: JudgedCandidate;
  readonly toLearn: readonly JudgedCandidate[];
  /** Who is taken now. */
  readonly adapter: string;
}

export function reasonOf(decision: Decision): string {
  const { asked, usual, adapter, proven } = decision;
  const usually = proven.length > 0 ? provenReason(decision) : defaultReason(decision);
  if (adapter === usual.adapter) return usually;
  return `To learn more of it: ${percent(asked.explore)} of the calls go to those that may be good enough and are not known well. Else: ${usually}`;
}

/** `null` for the one that is taken. */
export function whyNotOf(candidate: JudgedCandidate, { asked, usual, adapter, proven }: Decision): string | null {
  if (candidate.adapter === adapter) return null;
  if (candidate.adapter === usual.adapter) return 'It would be taken, were this call not one to learn from.';
  if (candidate.exclusion !== null) return candidate.exclusion;
  const { quality } = candidate.statistics;
  const judged = `${quality.judged} judged`;
  switch (candidate.standing) {
    case 'proven':
      return `It is good enough, and ${compareCosts(candidate.cost, proven[0]?.cost ?? null) === 0 ? 'costs the same' : 'dearer'}: ${costText(candidate)} a completed call.`;
    case 'ruled_out':
      return 'minQuality' in asked.rule
        ? `It is shown not to be good enough: its quality is at most ${up(quality.upper)} (${judged}).`
        : `It is shown not to be good enough: it loses more than ${asked.rule.maxLoss} (${judged}).`;
    default:
      return `Not enough is known: ${worstText(candidate)} (${judged}).`;
  }
}

function provenReason({ asked, proven, usual }: Decision): string {
  const ties = proven.filter((each) => each !== usual && compareCosts(each.cost, usual.cost) === 0);
  const tie = ties.length === 0 ? '' : ` As cheap, and not taken: ${ties.map(({ adapter }) => adapter).join(', ')}.`;
  const how = `${costText(usual)} a completed call; ${worstText(usual)}, and ${askedText(asked.rule)}`;
  return `${usual.adapter} is the cheapest that is shown to be good enough: ${how}.${tie}`;
}

function defaultReason({ asked, judged, usual, toLearn }: Decision): string {
  const isSettled = judged.every(({ standing }) => standing === 'ruled_out' || standing === 'excluded');
  const why = isSettled
    ? `No candidate can be taken by what was asked (${askedText(asked.rule)})`
    : `Too little is known to show that any candidate is good enough (${askedText(asked.rule)})`;
  const unlearned =
    toLearn.length > 0 && asked.explore === 0 ? ' As nothing is explored (explore: 0), this may stay so.' : '';
  const flaw = usual.standing === 'ruled_out' ? ' It is shown not to be good enough itself.' : (usual.exclusion ?? '');
  const said = usual.standing === 'excluded' ? ` But of it: ${flaw}` : flaw;
  return `${why}, so the default, ${usual.adapter}, is taken.${said}${unlearned}`;
}

function worstText({ statistics, worstLoss }: JudgedCandidate): string {
  if (worstLoss === null) return `its quality may be as low as ${down(statistics.quality.lower)}`;
  if (worstLoss.against === null) return 'it loses nothing against any other';
  return `it may lose as much as ${up(worstLoss.loss)} against ${worstLoss.against}`;
}

function askedText(rule: QualityRule): string {
  return 'minQuality' in rule ? `${rule.minQuality} is asked` : `${rule.maxLoss} may be lost`;
}

function costText({ statistics }: JudgedCandidate): string {
  return amountText('nanoUsd', statistics.cost.economicPerCompletedNanoUsd ?? 0n);
}

// Rounded to the side on which they stay true.
const down = (value: number) => Math.floor(value * 1000) / 1000;
const up = (value: number) => Math.ceil(value * 1000) / 1000;
const percent = (share: number) => `${Number((share * 100).toFixed(2))} %`;
