// A language that nobody speaks: every text is longer and has accents, so that a test sees what is cut off and what
// stands outside of the catalogues.

import { en, type Catalogue, type Message } from './en.ts';

const ACCENTS: Record<string, string> = {
  a: 'á',
  e: 'ë',
  i: 'ï',
  o: 'ö',
  u: 'ů',
  n: 'ñ',
  c: 'ç',
  s: 'š',
  A: 'Å',
  E: 'É',
  I: 'Î',
  O: 'Ø',
  U: 'Û',
};

export function accented(text: string): string {
  const changed = text.replace(/\{\w+\}|[a-zA-Z]/g, (part) => ACCENTS[part] ?? part);
  return `[${changed}${'·'.repeat(Math.ceil(text.length * 0.4))}]`;
}

export function pseudo(): Catalogue {
  const changed = (message: Message): Message =>
    typeof message === 'string'
      ? accented(message)
      : (Object.fromEntries(Object.entries(message).map(([rule, text]) => [rule, accented(text)])) as Message);
  return Object.fromEntries(
    Object.entries(en).map(([key, message]) => [key, changed(message)]),
  ) as unknown as Catalogue;
}
