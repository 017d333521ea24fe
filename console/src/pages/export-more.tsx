// What is done to an export seldom: a copy, another connection, and its end.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { useDo, useKey, useLoad } from '../core/hooks.ts';
import { t } from '../core/i18n.ts';
import { go } from '../core/router.ts';
import { Confirm } from '../parts/dialog.tsx';
import { Form, Select } from '../parts/form.tsx';
import { Section } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';

type Export = Schemas['ExportView'];
interface Props {
  view: Export;
  changed(view: Export): void;
}

export function ExportMore({ view, changed }: Props) {
  const [asked, setAsked] = useState<'detach' | 'remove' | null>(null);
  const [connectionId, setConnectionId] = useState('');
  const doing = useDo();
  const ids = { id: view.exportId };
  const { version } = view;
  const connections = useLoad(
    async () => (view.state === 'inactive' ? (await api('get', '/connections', { query: { limit: 200 } })).items : []),
    [view.state],
  );
  const copy = () =>
    doing.run(async () => {
      const made = await api('post', '/exports/{id}/duplicate', {
        ids,
        body: { displayName: t('exports.copyOf', { name: view.displayName }).slice(0, 200) },
      });
      go('exports', made.exportId);
    });
  const act = () =>
    doing.run(async () => {
      if (asked === 'remove') {
        await api('delete', '/exports/{id}', { ids, version });
        return go('exports');
      }
      changed(await api('post', '/exports/{id}/detach', { ids, version }));
      return setAsked(null);
    });
  const keyOf = useKey();
  const full = () =>
    doing.run(async () => {
      const { runId } = await api('post', '/exports/{id}/runs', {
        ids,
        body: { full: true },
        key: keyOf(view.lastRun?.runId),
      });
      go('runs', runId);
    });
  const attach = () =>
    doing.run(async () => {
      changed(await api('post', '/exports/{id}/attach', { ids, version, body: { connectionId } }));
    });
  return (
    <Section title={t('exports.more')}>
      {!asked && <ProblemNote problem={doing.problem} />}
      {view.state === 'inactive' && (
        <Form onSubmit={attach} class="inline" id="attach">
          <Select
            label={t('exports.attachTo')}
            value={connectionId}
            onInput={setConnectionId}
            required
            choices={[
              ['', t('exports.choose')],
              ...(connections.data ?? []).map((one): [string, string] => [one.connectionId, one.displayName]),
            ]}
          />
          <button type="submit" disabled={doing.busy}>
            {t('exports.attach')}
          </button>
        </Form>
      )}
      <div class="actions">
        {view.state === 'active' && view.sync.send === 'changes' && (
          <button type="button" disabled={doing.busy} onClick={full}>
            {t('exports.runFull')}
          </button>
        )}
        <button type="button" disabled={doing.busy} onClick={copy}>
          {t('exports.duplicate')}
        </button>
        {view.state === 'active' && (
          <button type="button" onClick={() => setAsked('detach')}>
            {t('exports.detach')}
          </button>
        )}
        <button type="button" class="danger" onClick={() => setAsked('remove')}>
          {t('exports.remove')}
        </button>
      </div>
      {asked && (
        <Confirm
          title={t(asked === 'detach' ? 'exports.detach' : 'exports.remove')}
          doing={doing}
          onConfirm={act}
          action={t(asked === 'detach' ? 'exports.detach' : 'common.remove')}
          onClose={() => setAsked(null)}
        >
          <p>{t(asked === 'detach' ? 'exports.detachText' : 'exports.removeText')}</p>
        </Confirm>
      )}
    </Section>
  );
}
