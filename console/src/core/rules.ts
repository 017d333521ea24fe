// The rules of alerts, while somebody changes them: which limits a kind has, and whom a rule tells.

import type { Schemas } from './api.ts';

export type Rule = Schemas['AlertRule'];
export type RuleKind = Schemas['RuleKind'];
export type LimitName = 'percent' | 'runs' | 'minutes' | 'factor' | 'hours';
/** The name of a limit, the least and the most that it may be, and what it is when nobody chooses. */
export type Limit = [name: LimitName, least: number, most: number, usual: number];

/** The kinds in the order of the documentation, with their limits. */
export const LIMITS: Record<RuleKind, Limit[]> = {
  runFailed: [],
  profilesRefused: [['percent', 1, 100, 10]],
  valuesLost: [['percent', 1, 100, 10]],
  runLate: [['minutes', 1, 10_080, 60]],
  awaitingApproval: [],
  verificationFailed: [],
  connectionNeedsAttention: [],
  countDeviates: [
    ['percent', 1, 1000, 30],
    ['runs', 5, 100, 14],
  ],
  runSlow: [['factor', 2, 100, 3]],
  notFresh: [['hours', 1, 8760, 48]],
  channelNeedsAttention: [['hours', 1, 8760, 24]],
};
export const KINDS = Object.keys(LIMITS) as RuleKind[];
const NOT_OF_EXPORTS: RuleKind[] = ['connectionNeedsAttention', 'channelNeedsAttention'];
/** A connection and a channel have no exceptions for one export. */
export const EXPORT_KINDS = KINDS.filter((kind) => !NOT_OF_EXPORTS.includes(kind));

/** A rule as somebody finds it who switches it on: for every channel, and without reminders. */
export const usualRule = (kind: RuleKind): Rule => ({
  kind,
  ...Object.fromEntries(LIMITS[kind].map(([name, , , usual]) => [name, usual])),
});

/** The limits of a rule by name, for its sentence. */
export const limitsOf = (rule: Rule): Record<string, number> =>
  Object.fromEntries(LIMITS[rule.kind].map(([name, , , usual]) => [name, rule[name] ?? usual]));

export type Audience = 'all' | 'some' | 'none';
export const audienceOf = ({ channels }: Rule): Audience =>
  channels === undefined ? 'all' : channels.length === 0 ? 'none' : 'some';

/** The same rule for other channels: `all` names none, so that a new channel gets messages too. */
export function withChannels(rule: Rule, channels: string[] | null): Rule {
  const { channels: _, ...rest } = rule;
  return channels === null ? rest : { ...rest, channels };
}

/** The same rule with reminders at other times; 0 for none. */
export function withReminder(rule: Rule, hours: number): Rule {
  const { remindHours: _, ...rest } = rule;
  return hours === 0 ? rest : { ...rest, remindHours: hours };
}

/** Rules in the order of the kinds, with `rule` in the place of the one of its kind; `null` takes that away. */
export function withRule(rules: Rule[], kind: RuleKind, rule: Rule | null): Rule[] {
  const others = rules.filter((one) => one.kind !== kind);
  const all = rule ? [...others, rule] : others;
  return all.sort((one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind));
}
