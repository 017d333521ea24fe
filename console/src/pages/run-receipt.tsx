// The receipt of a run that ended: as a page to print, for programs, and signed.

import { download, read, type Schemas } from '../core/api.ts';
import { useDo } from '../core/hooks.ts';
import { t } from '../core/i18n.ts';
import { Section } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem.tsx';

const PATH = '/runs/{id}/receipt';

/**
 * Shows a page of the service in a tab. A link cannot carry the token; and the tab has the policy of the console, which
 * allows no style within a page, so the style of the page is given to the tab as a sheet.
 */
function show(tab: Window, html: string): void {
  const styles: string[] = [];
  const plain = html.replace(/<style>(.*?)<\/style>/gs, (_, style: string) => {
    styles.push(style);
    return '';
  });
  const page = new DOMParser().parseFromString(plain, 'text/html');
  const { document: here } = tab;
  here.replaceChild(here.importNode(page.documentElement, true), here.documentElement);
  const sheet = new (tab as Window & typeof globalThis).CSSStyleSheet();
  sheet.replaceSync(styles.join('\n'));
  here.adoptedStyleSheets = [sheet];
}

export function Receipt({ run }: { run: Schemas['RunView'] }) {
  const doing = useDo();
  const ids = { id: run.runId };
  const save = (type: string, ending: string) =>
    doing.run(() => download(PATH, ids, {}, `receipt-${run.runId}.${ending}`, type));
  const open = () => {
    // Only a click opens a tab, and a call that is waited for is no click any more.
    const tab = window.open('', '_blank');
    return doing.run(async () => {
      if (!tab) return download(PATH, ids, {}, `receipt-${run.runId}.html`, 'text/html');
      try {
        return show(tab, await (await read(PATH, ids, {}, 'text/html')).text());
      } catch (error) {
        tab.close();
        throw error;
      }
    });
  };
  return (
    <Section title={t('receipt.title')}>
      <p>{t('receipt.text')}</p>
      <div class="actions">
        <button type="button" disabled={doing.busy} onClick={open}>
          {t('receipt.open')}
        </button>
        <button type="button" disabled={doing.busy} onClick={() => save('application/json', 'json')}>
          {t('receipt.json')}
        </button>
        <button type="button" disabled={doing.busy} onClick={() => save('application/jose', 'jws')}>
          {t('receipt.signed')}
        </button>
      </div>
      <ProblemNote problem={doing.problem} />
    </Section>
  );
}
