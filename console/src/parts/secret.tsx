// A secret that the service shows this once: to copy before one leaves the page.

import { useState } from 'preact/hooks';
import { t } from '../core/i18n.ts';
import { announce } from './live.tsx';

export function SecretOnce({ secret }: { secret: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(secret);
    setCopied(true);
    announce(t('secret.copied'));
  };
  return (
    <section class="note warn" aria-label={t('secret.title')}>
      <p class="strong">{t('secret.title')}</p>
      <p>{t('secret.text')}</p>
      <p>
        <code>{secret}</code>
      </p>
      {/* A browser has a clipboard on pages that came over https, or from this machine. */}
      {navigator.clipboard && (
        <button type="button" onClick={() => void copy()}>
          {t(copied ? 'secret.copied' : 'secret.copy')}
        </button>
      )}
    </section>
  );
}
