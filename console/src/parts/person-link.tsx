// A person in a table, and the way to all that is known of them. The name is handed over in memory, so it stands in no
// address of the browser.

import { t } from '../core/i18n.ts';
import { askAbout } from '../core/person.ts';
import { to } from '../core/router.ts';
import { useWho } from '../core/who.ts';

/** A click that opens another window leaves this page as it is. */
const isPlain = (event: MouseEvent): boolean => !(event.ctrlKey || event.metaKey || event.shiftKey);

/** `name` is the id of a customer or an address; what is neither stays a text. */
export function PersonLink({ name, isEmail = false }: { name: string; isEmail?: boolean }) {
  const { mayEdit } = useWho();
  if (!mayEdit || !name.trim() || (isEmail && !/^\S+@\S+$/.test(name))) return <>{name}</>;
  return (
    <a href={to('people')} title={t('people.title')} onClick={(event) => void (isPlain(event) && askAbout(name))}>
      {name}
    </a>
  );
}
