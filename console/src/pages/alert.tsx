// One alert: what happened, why, what to do, and who takes care of it.

import { useState } from 'preact/hooks';
import { api } from '../core/api.ts';
import { useDo, useLoad } from '../core/hooks.ts';
import { moment, t, word } from '../core/i18n.ts';
import { to } from '../core/router.ts';
import { useWho } from '../core/who.ts';
import { titleOf, type Alert } from './alerts.tsx';
import { Confirm } from '../parts/dialog.tsx';
import { Text } from '../parts/form.tsx';
import { announce } from '../parts/live.tsx';
import { Facts, headingOf, Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { ReasonNote } from '../parts/reason.tsx';
import { Status } from '../parts/status.tsx';

export function AlertPage({ id }: { id: string }) {
  const { mayEdit } = useWho();
  const loaded = useLoad(() => api('get', '/alerts/{id}', { ids: { id } }), [id]);
  const alert = loaded.data;
  return (
    <Page
      title={headingOf(loaded, titleOf)}
      parent={[t('alerts.title'), to('alerts')]}
      actions={mayEdit && alert?.status === 'open' && <Acknowledge alert={alert} changed={loaded.set} />}
    >
      <ProblemNote problem={loaded.problem} retry={loaded.reload} />
      {alert && (
        <>
          <p>
            <Status group="alertStatus" code={alert.status} />
          </p>
          {alert.status === 'resolved' ? (
            <p class="note good">{word('alertOver', alert.kind)}</p>
          ) : (
            <ReasonNote reason={alert.reason} tone="bad" />
          )}
          {alert.status !== 'resolved' && <p>{word('alertTodo', alert.kind)}</p>}
          <AlertFacts alert={alert} />
        </>
      )}
    </Page>
  );
}

function AlertFacts({ alert }: { alert: Alert }) {
  const { mayEdit } = useWho();
  const { exportId, connectionId, channelId, runId, subjectName } = alert;
  const about = exportId ? (
    <a href={to('exports', exportId)}>{subjectName}</a>
  ) : connectionId && mayEdit ? (
    <a href={to('connections', connectionId)}>{subjectName}</a>
  ) : channelId ? (
    <a href={to('channels', channelId)}>{subjectName}</a>
  ) : (
    subjectName
  );
  return (
    <Facts
      facts={[
        [t('alerts.about'), about],
        [t('alerts.run'), runId ? <a href={to('runs', runId)}>{t('problem.openRun')}</a> : '–'],
        [t('alerts.opened'), moment(alert.openedUtc, true)],
        [t('alerts.last'), moment(alert.lastUtc, true)],
        [t('alerts.over'), moment(alert.resolvedUtc, true)],
        [t('alerts.remind'), moment(alert.remindUtc, true)],
        [
          t('alerts.by'),
          alert.acknowledgedBy
            ? t('common.byAt', { who: alert.acknowledgedBy, when: moment(alert.acknowledgedUtc) })
            : t('common.nobody'),
        ],
        [t('alerts.note'), alert.note ?? '–'],
      ]}
    />
  );
}

/** Says that somebody takes care of it: reminders stop. */
function Acknowledge({ alert, changed }: { alert: Alert; changed(alert: Alert): void }) {
  const [asked, setAsked] = useState(false);
  const [note, setNote] = useState('');
  const doing = useDo();
  const acknowledge = () =>
    doing.run(async () => {
      const body = note.trim() ? { note: note.trim() } : {};
      changed(await api('post', '/alerts/{id}/acknowledge', { ids: { id: alert.alertId }, body }));
      setAsked(false);
      announce(t('alerts.acknowledged'));
    });
  return (
    <>
      <button type="button" class="primary" onClick={() => setAsked(true)}>
        {t('alerts.acknowledge')}
      </button>
      {asked && (
        <Confirm
          title={t('alerts.acknowledge')}
          action={t('alerts.acknowledge')}
          doing={doing}
          harmful={false}
          onConfirm={acknowledge}
          onClose={() => setAsked(false)}
        >
          <p>{t('alerts.acknowledgeText')}</p>
          <Text label={t('alerts.note')} hint={t('alerts.noteHint')} value={note} onInput={setNote} maxLength={500} />
        </Confirm>
      )}
    </>
  );
}
