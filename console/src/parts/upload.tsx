// Sending the members of a segment from a file, with what has arrived, and how the file is written if it is unusual.

import { useState } from 'preact/hooks';
import { upload } from '../core/api.ts';
import { useDo, type Doing } from '../core/hooks.ts';
import { percent, t } from '../core/i18n.ts';
import { FileDrop } from './drop.tsx';
import { Select } from './form.tsx';
import { announce } from './live.tsx';
import { ProblemNote } from './problem.tsx';

const TYPES: [RegExp, string][] = [
  [/\.parquet$/i, 'application/vnd.apache.parquet'],
  [/\.(ndjson|jsonl)$/i, 'application/x-ndjson'],
];
const CHARSETS = ['windows-1257', 'windows-1252', 'windows-1250', 'windows-1251', 'iso-8859-1'];

export interface Uploading {
  file: File | null;
  pick(file: File): void;
  fraction: number | null;
  dialect: { delimiter: string; charset: string };
  setDialect(dialect: { delimiter: string; charset: string }): void;
  /** Sends the file to the segment. */
  send(name: string): Promise<unknown>;
}

export function useUpload(): Uploading {
  const [file, pick] = useState<File | null>(null);
  const [fraction, setFraction] = useState<number | null>(null);
  const [dialect, setDialect] = useState({ delimiter: '', charset: '' });
  const send = async (name: string) => {
    if (!file) return;
    const type = TYPES.find(([ending]) => ending.test(file.name))?.[1] ?? 'text/csv';
    setFraction(0);
    announce(t('upload.sending'));
    try {
      const answer = await upload(name, file, type, type === 'text/csv' ? dialect : {}, setFraction);
      announce(t('upload.done', { n: answer.memberCount }));
    } finally {
      setFraction(null);
    }
  };
  return { file, pick, fraction, dialect, setDialect, send };
}

export function UploadFields({ uploading, error }: { uploading: Uploading; error?: string | undefined }) {
  const { file, pick, fraction, dialect, setDialect } = uploading;
  return (
    <>
      <FileDrop file={file} onFile={pick} label={t('upload.file')} error={error} />
      <details>
        <summary>{t('upload.form')}</summary>
        <p class="hint">{t('upload.formHint')}</p>
        <Select
          label={t('upload.delimiter')}
          value={dialect.delimiter}
          onInput={(delimiter) => setDialect({ ...dialect, delimiter })}
          choices={[
            ['', t('upload.comma')],
            [';', t('upload.semicolon')],
            ['\t', t('upload.tab')],
            ['|', '|'],
          ]}
        />
        <Select
          label={t('upload.charset')}
          value={dialect.charset}
          onInput={(charset) => setDialect({ ...dialect, charset })}
          choices={[['', 'UTF-8'], ...CHARSETS.map((name): [string, string] => [name, name])]}
        />
      </details>
      {fraction !== null && (
        <p class="sent">
          <progress value={fraction} max={1} aria-label={t('upload.sending')} /> {percent(fraction)}{' '}
          {fraction === 1 && t('upload.checking')}
        </p>
      )}
    </>
  );
}

/** Replaces the members of a segment that exists. */
export function ReplaceMembers({ name, done }: { name: string; done(): void }) {
  const uploading = useUpload();
  const saving: Doing = useDo();
  const send = () =>
    saving.run(async () => {
      await uploading.send(name);
      done();
    });
  return (
    <div class="form">
      <p>{t('upload.replaces')}</p>
      <UploadFields uploading={uploading} />
      <ProblemNote problem={saving.problem} />
      <div class="actions">
        <button type="button" disabled={!uploading.file || saving.busy} onClick={send}>
          {t('upload.send')}
        </button>
      </div>
    </div>
  );
}
