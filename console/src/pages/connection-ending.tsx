// How a connection ends: its exports are detached, and then it is removed.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { useDo } from '../core/hooks.ts';
import { t } from '../core/i18n.ts';
import { go, to } from '../core/router.ts';
import { Confirm } from '../parts/dialog.tsx';
import { Section } from '../parts/page.tsx';

type Connection = Schemas['ConnectionView'];

export function Ending({
  connection,
  exports,
  changed,
}: {
  connection: Connection;
  exports: Schemas['Dependant'][];
  changed(): void;
}) {
  const [asked, setAsked] = useState<'detach' | 'remove' | null>(null);
  const doing = useDo();
  const ids = { id: connection.connectionId };
  const detach = () =>
    doing.run(async () => {
      await api('post', '/connections/{id}/detach', { ids });
      setAsked(null);
      changed();
    });
  const remove = () =>
    doing.run(async () => {
      await api('delete', '/connections/{id}', { ids, version: connection.version });
      go('connections');
    });
  const used = exports.length > 0;
  return (
    <Section title={t('connections.dependants')}>
      {used ? (
        <ul>
          {exports.map((one) => (
            <li key={one.exportId}>
              <a href={to('exports', one.exportId)}>{one.displayName}</a>
            </li>
          ))}
        </ul>
      ) : (
        <p>
          {t('connections.noDependants')}{' '}
          {connection.status === 'connected' && <a href={to('exports', 'add')}>{t('exports.add')}</a>}
        </p>
      )}
      <div class="actions">
        {used && (
          <button type="button" onClick={() => setAsked('detach')}>
            {t('connections.detachAll')}
          </button>
        )}
        <button type="button" class="danger" onClick={() => setAsked('remove')}>
          {t('connections.remove')}
        </button>
      </div>
      {asked && (
        <Confirm
          title={t(asked === 'detach' ? 'connections.detachAll' : 'connections.remove')}
          doing={doing}
          action={t(asked === 'detach' ? 'exports.detach' : 'common.remove')}
          onClose={() => setAsked(null)}
          onConfirm={asked === 'detach' ? detach : remove}
        >
          <p>{t(asked === 'detach' ? 'connections.detachText' : 'connections.removeText', { n: exports.length })}</p>
        </Confirm>
      )}
    </Section>
  );
}
