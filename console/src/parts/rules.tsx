// The rules of alerts in words, and the fields that change them.

import { useState } from 'preact/hooks';
import { t, word } from '../core/i18n.ts';
import {
  audienceOf,
  LIMITS,
  limitsOf,
  withChannels,
  withReminder,
  type Audience,
  type Rule,
  type RuleKind,
} from '../core/rules.ts';
import { Check, Select, Text, type Choices } from './form.tsx';
import { Table } from './table.tsx';

/** The channels to choose from, by their names; `null` for people who do not see them. */
export type ChannelNames = [id: string, name: string][] | null;
const AUDIENCES: Audience[] = ['all', 'some', 'none'];
const REMINDERS = [0, 4, 24, 72, 168];

const everyHours = (hours: number): string => (hours ? t('rules.every', { n: hours }) : t('rules.noReminder'));

function told(rule: Rule, channels: ChannelNames): string {
  const audience = audienceOf(rule);
  if (audience !== 'some') return word('audience', audience);
  const names = (rule.channels ?? []).map((id) => channels?.find(([one]) => one === id)?.[1]);
  return names.every(Boolean) ? names.join(', ') : t('rules.channels', { n: names.length });
}

/** The rules that are valid, each in a sentence. `from` says where a rule of an export comes from. */
export function RulesTable({
  rules,
  channels,
  from,
}: {
  rules: Rule[];
  channels: ChannelNames;
  from?: (rule: Rule) => string;
}) {
  return (
    <Table
      caption={t('rules.title')}
      rows={rules}
      keyOf={(rule) => rule.kind}
      columns={[
        { name: t('rules.when'), cell: (rule) => t(`ruleText.${rule.kind}`, limitsOf(rule)) },
        { name: t('rules.to'), cell: (rule) => told(rule, channels) },
        { name: t('rules.remind'), cell: (rule) => everyHours(rule.remindHours ?? 0) },
        ...(from ? [{ name: t('rules.from'), cell: from }] : []),
      ]}
    />
  );
}

/** The limits, the channels and the reminders of one rule. */
export function RuleFields({
  rule,
  channels,
  onRule,
}: {
  rule: Rule;
  channels: ChannelNames;
  onRule(rule: Rule): void;
}) {
  const hours = rule.remindHours ?? 0;
  const reminders = REMINDERS.includes(hours) ? REMINDERS : [...REMINDERS, hours];
  return (
    <>
      <div class="pair">
        {LIMITS[rule.kind].map(([name, least, most]) => (
          <LimitField
            key={name}
            label={t(`limitName.${name}`)}
            range={[least, most]}
            value={rule[name] ?? least}
            onValue={(value) => onRule({ ...rule, [name]: value })}
          />
        ))}
        <Audiences rule={rule} channels={channels} onRule={onRule} />
        <Select
          label={t('rules.remind')}
          value={String(hours)}
          onInput={(text) => onRule(withReminder(rule, Number(text)))}
          choices={reminders.map((one) => [String(one), everyHours(one)])}
        />
      </div>
      {audienceOf(rule) === 'some' && channels && <ChannelChecks rule={rule} channels={channels} onRule={onRule} />}
    </>
  );
}

/** A number that is typed: while the field is empty, nothing changes, and the form is not sent. */
function LimitField({
  label,
  range,
  value,
  onValue,
}: {
  label: string;
  range: [least: number, most: number];
  value: number;
  onValue(value: number): void;
}) {
  const [text, setText] = useState(String(value));
  const typed = (next: string) => {
    setText(next);
    if (next !== '') onValue(Number(next));
  };
  return <Text label={label} type="number" min={range[0]} max={range[1]} required value={text} onInput={typed} />;
}

interface Part {
  rule: Rule;
  channels: ChannelNames;
  onRule(rule: Rule): void;
}

/** Whom the rule tells. Who does not see the channels keeps those that are named. */
function Audiences({ rule, channels, onRule }: Part) {
  const audience = audienceOf(rule);
  const known = AUDIENCES.filter((one) => one !== 'some' || audience === 'some' || (channels ?? []).length > 0);
  const pick = (value: string) => {
    if (value === 'all') onRule(withChannels(rule, null));
    if (value === 'none') onRule(withChannels(rule, []));
    if (value === 'some')
      onRule(
        withChannels(
          rule,
          (channels ?? []).slice(0, 1).map(([id]) => id),
        ),
      );
  };
  return (
    <Select
      label={t('rules.to')}
      value={audience}
      onInput={pick}
      choices={known.map((one): Choices[number] => [
        one,
        one === 'some' && !channels ? told(rule, channels) : word('audience', one),
      ])}
    />
  );
}

function ChannelChecks({ rule, channels, onRule }: { [P in keyof Part]: NonNullable<Part[P]> }) {
  const chosen = rule.channels ?? [];
  return (
    <div class="days">
      {channels.map(([id, name]) => (
        <Check
          key={id}
          label={name}
          checked={chosen.includes(id)}
          onInput={(checked) =>
            onRule(withChannels(rule, checked ? [...chosen, id] : chosen.filter((one) => one !== id)))
          }
        />
      ))}
    </div>
  );
}

/** One kind of rule in a form: its name, what it means, and its fields where it is there. */
export function RuleFieldset({
  kind,
  rule,
  channels,
  onRule,
  children,
}: {
  kind: RuleKind;
  rule: Rule | null;
  channels: ChannelNames;
  onRule(rule: Rule): void;
  /** The choice whether it is there. */
  children: preact.ComponentChildren;
}) {
  return (
    <fieldset>
      <legend>{word('rule', kind)}</legend>
      {children}
      {rule && <p class="hint">{t(`ruleText.${kind}`, limitsOf(rule))}</p>}
      {rule && <RuleFields rule={rule} channels={channels} onRule={onRule} />}
    </fieldset>
  );
}
