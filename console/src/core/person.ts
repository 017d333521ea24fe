// People as somebody names them: by an address or by the id of the customer. Who is asked about is handed from page to
// page in memory, because an address of the browser stays in its history.

export type NamedPerson = { email: string } | { customerId: string };

export const personOf = (name: string): NamedPerson =>
  name.includes('@') ? { email: name.trim() } : { customerId: name.trim() };

/** One on each line. */
export const peopleOf = (lines: string): NamedPerson[] =>
  lines
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map(personOf);

let asked: string | null = null;
let listener: ((name: string) => void) | null = null;

/** Names a person to the page that finds people: to the one that is open, or to the next. */
export function askAbout(name: string): void {
  asked = name;
  if (listener) listener(takeAsked() ?? '');
}

/** The person that another page has named, and none the next time. */
export function takeAsked(): string | null {
  const name = asked;
  asked = null;
  return name;
}

/** Forgets who was named: the next person at this screen must not see it. */
export const forgetAsked = (): void => void takeAsked();

/** Calls `then` with each person that is named from now on; returns what ends that. */
export function onAsked(then: (name: string) => void): () => void {
  listener = then;
  return () => {
    listener = null;
  };
}
