// The language of the reader: messages from a catalogue, numbers and times as their locale writes them.

import { en, type Catalogue, type Key, type Message } from '../words/en.ts';
import { pseudo } from '../words/pseudo.ts';

/** The code of a language, such as `lv`: that of its file in `words/`. */
export type Language = string;
/** The language of the tests, which no file has. */
const PSEUDO = 'pseudo';
const files = import.meta.glob<Catalogue>(['../words/??.ts', '!../words/en.ts'], { import: 'default' });
const fileOf = (code: Language) => files[`../words/${code}.ts`];

/** A language as it calls itself. */
function nameOf(code: Language): string {
  const name = new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code;
  return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
}

/** Every language that has a file, with its name. */
export const LANGUAGES: [Language, string][] = ['en', ...Object.keys(files).map((path) => path.slice(-5, -3))].map(
  (code) => [code, nameOf(code)],
);
const STORED = 'segment-export.language';

let language: Language = 'en';
let catalogue: Catalogue = en;
let locale = 'en';

/** The language that was chosen here before, or else the first of the browser's that has a catalogue. */
export function preferred(): Language {
  const asked = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem(STORED);
  const wanted = [asked ?? '', ...navigator.languages].map((tag) => tag.split('-')[0]);
  const known = [...LANGUAGES.map(([code]) => code), PSEUDO];
  return wanted.find((tag) => known.includes(tag ?? '')) ?? 'en';
}

export async function choose(wanted: Language, keep = false): Promise<void> {
  if (keep) localStorage.setItem(STORED, wanted);
  catalogue = wanted === PSEUDO ? pseudo() : ((await fileOf(wanted)?.()) ?? en);
  language = wanted;
  const tag = wanted === PSEUDO ? 'en' : wanted;
  // Someone who reads English in Latvia expects dates as they are written there, so the region counts.
  locale = navigator.languages.find((one) => one.split('-')[0] === tag) ?? tag;
  document.documentElement.lang = tag;
}

export const current = (): Language => language;
/** The language as browsers and servers call it. */
export const languageTag = (): string => (language === PSEUDO ? 'en' : language);
export const localeTag = (): string => locale;

export type Values = Record<string, string | number>;

function text(message: Message, values: Values): string {
  let chosen = typeof message === 'string' ? message : message.other;
  if (typeof message !== 'string') {
    const rule = new Intl.PluralRules(locale).select(Number(values.n ?? 0));
    chosen = message[rule as keyof typeof message] ?? message.other;
  }
  return chosen.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    return typeof value === 'number' ? number(value) : (value ?? '');
  });
}

/** A message; `n` decides its plural form. */
export const t = (key: Key, values: Values = {}): string => text(catalogue[key], values);

/** The words for a code of the API. A code that is newer than this console is spelled out. */
export function word(group: string, code: string): string {
  return (
    wordIfKnown(group, code) ??
    code
      .replace(/[.]/g, ' ')
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
  );
}

export function wordIfKnown(group: string, code: string, values: Values = {}): string | null {
  const message = (catalogue as Record<string, Message | undefined>)[`${group}.${code}`];
  return message === undefined ? null : text(message, values);
}

/** All codes of a group that have words. */
export const codesOf = (group: string): string[] =>
  Object.keys(en).flatMap((key) => (key.startsWith(`${group}.`) ? [key.slice(group.length + 1)] : []));

/** The same, where the values that it names are all there. */
export function wordIfComplete(group: string, code: string, values: Values): string | null {
  const message = (catalogue as Record<string, Message | undefined>)[`${group}.${code}`];
  const named = typeof message === 'string' ? [...message.matchAll(/\{(\w+)\}/g)] : [];
  return named.every(([, name = '']) => name in values) ? wordIfKnown(group, code, values) : null;
}

export const number = (value: number, options: Intl.NumberFormatOptions = {}): string =>
  new Intl.NumberFormat(locale, options).format(value);

export const percent = (fraction: number): string =>
  number(fraction, { style: 'percent', maximumFractionDigits: fraction > 0 && fraction < 0.1 ? 1 : 0 });

/** A moment in the reader's own zone. */
export const moment = (utc: string | null | undefined, precise = false): string =>
  utc
    ? new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: precise ? 'medium' : 'short' }).format(
        new Date(utc),
      )
    : '–';

/** With the day of the week, for what is still to come. */
export const planned = (utc: string, timeZone?: string): string =>
  new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  }).format(new Date(utc));

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole === 0)
    return number(Math.max(0, seconds), {
      style: 'unit',
      unit: 'second',
      unitDisplay: 'short',
      maximumFractionDigits: 1,
    });
  const parts: [number, string][] = [
    [Math.floor(whole / 3600), 'hour'],
    [Math.floor(whole / 60) % 60, 'minute'],
    [whole % 60, 'second'],
  ];
  const shown = parts.filter(([value]) => value > 0).slice(0, 2);
  return shown.map(([value, unit]) => number(value, { style: 'unit', unit, unitDisplay: 'short' })).join(' ');
}

export const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A name of something in a list: “a, b and c”. */
export const listed = (names: string[]): string => new Intl.ListFormat(locale, { type: 'conjunction' }).format(names);
