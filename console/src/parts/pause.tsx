// The switch that stops all sending of an instance, and the note on every page while it is off.

import { useEffect, useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { useDo, useLoad, type Loaded } from '../core/hooks.ts';
import { moment, t } from '../core/i18n.ts';
import { useWho } from '../core/who.ts';
import { Confirm } from './dialog.tsx';
import { Text } from './form.tsx';
import { announce } from './live.tsx';
import { ProblemNote } from './problem.tsx';

export type Instance = Loaded<Schemas['InstanceView']>;
/** Somebody else may pause or resume it meanwhile. */
const ASK_EVERY_MS = 30_000;

/** Whether the instance is paused, read anew with each page and from time to time. */
export function useInstance(page: string): Instance {
  const loaded = useLoad(() => api('get', '/instance'), [page]);
  useEffect(() => {
    const timer = setInterval(loaded.reload, ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return loaded;
}

/** Asks for the note, and pauses. */
export function PauseButton({ instance }: { instance: Instance }) {
  const [asked, setAsked] = useState(false);
  const [note, setNote] = useState('');
  const doing = useDo();
  const pause = () =>
    doing.run(async () => {
      instance.set(await api('post', '/instance/pause', { body: { note: note.trim() } }));
      setAsked(false);
      setNote('');
      announce(t('pause.done'));
    });
  if (!instance.data || instance.data.pause) return null;
  return (
    <>
      <button type="button" onClick={() => setAsked(true)}>
        {t('pause.button')}
      </button>
      {asked && (
        <Confirm
          title={t('pause.title')}
          action={t('pause.action')}
          doing={doing}
          disabled={!note.trim()}
          onConfirm={pause}
          onClose={() => setAsked(false)}
        >
          <p>{t('pause.text')}</p>
          <Text
            label={t('pause.note')}
            hint={t('pause.noteHint')}
            value={note}
            onInput={setNote}
            maxLength={500}
            required
          />
        </Confirm>
      )}
    </>
  );
}

export function PauseBanner({ instance }: { instance: Instance }) {
  const { isAdmin } = useWho();
  const doing = useDo();
  const pause = instance.data?.pause;
  if (!pause) return null;
  const resume = () =>
    doing.run(async () => {
      instance.set(await api('post', '/instance/resume'));
      announce(t('pause.resumed'));
    });
  return (
    <section class="note warn banner" aria-label={t('pause.paused')}>
      <p class="strong">{t('pause.paused')}</p>
      <p>
        {t('pause.since', { who: pause.pausedBy, when: moment(pause.pausedUtc) })} “{pause.note}”
      </p>
      <p>{t(isAdmin ? 'pause.adminText' : 'pause.othersText')}</p>
      {isAdmin && (
        <button type="button" disabled={doing.busy} onClick={resume}>
          {t('pause.resume')}
        </button>
      )}
      <ProblemNote problem={doing.problem} />
    </section>
  );
}
