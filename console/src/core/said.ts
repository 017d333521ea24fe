// What the service says, in the reader's language: by the code and the values of an error, a warning, a reason or a
// rejection.

import { current, moment, wordIfComplete, wordIfKnown, type Values } from './i18n.ts';

/** An error at a field, a warning or a rejection, as the API has it. */
export interface Sayable {
  code: string;
  message: string;
  params?: Record<string, unknown>;
}

export interface Said {
  text: string;
  /** The English sentence of the API, where it names more than `text` does. */
  original?: string;
  /** Of `text`, where it is not the reader's. */
  language?: string;
}

/** Of these the API names settings, which people here change by choosing. */
const OWN_WORDS = ['removesLeavers', 'unsubscribesEverywhere', 'resubscribes'];

/** Of these rejections the sentence of the API says more than the code. */
const SAYS_MORE = ['addressMalformed', 'campaignMonitor', 'unconfirmed'];

/** Times are said as the reader writes them. */
const valuesOf = (params: Sayable['params']): Values =>
  Object.fromEntries(
    Object.entries(params ?? {}).flatMap(([name, value]): [string, string | number][] => {
      if (typeof value === 'string') return [[name, name.endsWith('Utc') ? moment(value) : value]];
      return typeof value === 'number' ? [[name, value]] : [];
    }),
  );

/**
 * A sentence for a code of `group`: the one with values where they are all there, else the general one, and why. Who
 * reads the language of `message` gets the API's own words, which name what is wrong this time. A cause has no code: the
 * API says it.
 */
export function saidOf(
  group: 'fieldError' | 'warning' | 'rejection',
  { code, message, params }: Sayable,
  language = 'en',
): Said {
  const isOwn = current() === language;
  const complete = isOwn && group !== 'fieldError' ? null : wordIfComplete(`${group}With`, code, valuesOf(params));
  const hasCause = typeof params?.cause === 'string';
  if (complete && !hasCause) return { text: complete };
  if (complete && !isOwn) return { text: complete, original: message };
  const general = wordIfKnown(group, code);
  if (general && OWN_WORDS.includes(code)) return { text: general };
  if (isOwn) return { text: message };
  if (!general) return { text: message, language: 'en' };
  const why = typeof params?.why === 'string' ? wordIfKnown('why', params.why) : null;
  if (why) return { text: `${general} ${why}` };
  const isAll = !message || (group === 'rejection' && !SAYS_MORE.includes(code));
  return isAll ? { text: general } : { text: general, original: message };
}

/** What happened to a run, where the reader's language has a sentence and all its values are there. */
export function happened({ code, params }: Omit<Sayable, 'message'>): string | null {
  if (current() === 'en') return null;
  const values = valuesOf(params);
  const sentence = wordIfComplete('reasonWith', code, values);
  const more = Number(values.values ?? 0) > 0 ? wordIfKnown('why', 'values', { n: values.values ?? 0 }) : null;
  return sentence && more ? `${sentence} ${more}` : sentence;
}
