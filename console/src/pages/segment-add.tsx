// Adding a segment: a file that is sent now, or a source that the service reads.

import { useRef, useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { useDo } from '../core/hooks.ts';
import { t } from '../core/i18n.ts';
import { go, to } from '../core/router.ts';
import { Form, Radios, Select, Text } from '../parts/form.tsx';
import { Page } from '../parts/page.tsx';
import { errorAt, ProblemNote } from '../parts/problem.tsx';
import { UploadFields, useUpload } from '../parts/upload.tsx';

type Kind = Schemas['Source']['kind'];

/** The name in addresses: the display name without what cannot stand there. */
export const nameFrom = (displayName: string): string =>
  displayName
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
    .map((part) => part[0]?.toUpperCase() + part.slice(1))
    .join('')
    .slice(0, 100);

function sourceOf(kind: Kind, values: Record<string, string>): Schemas['Source'] {
  const { url = '', entity = '', dataSource = '', schema = '', table = '', format = 'parquet' } = values;
  if (kind === 'files') return { kind, url, format: format as Schemas['Format'] };
  if (kind === 'customerInsights') return { kind, url, entity };
  if (kind === 'table') return { kind, dataSource, table, ...(schema && { schema }) };
  return { kind: 'upload' };
}

export function AddSegment() {
  const [displayName, setDisplayName] = useState('');
  const [kind, setKind] = useState<Kind>('upload');
  const [values, setValues] = useState<Record<string, string>>({});
  const [missing, setMissing] = useState(false);
  const uploading = useUpload();
  const saving = useDo();
  const registered = useRef('');
  const save = () => {
    if (kind === 'upload' && !uploading.file) return setMissing(true);
    return void saving.run(async () => {
      const name = nameFrom(displayName) || `Segment${Date.now()}`;
      if (registered.current !== name) {
        await api('put', '/segments/{name}', {
          ids: { name },
          headers: { 'If-None-Match': '*' },
          body: { displayName: displayName.trim(), source: sourceOf(kind, values) },
        });
        registered.current = name;
      }
      if (kind === 'upload') await uploading.send(name);
      go('segments', name);
    });
  };
  const field = (key: string, label: string, hint?: string, required = true) => (
    <Text
      label={label}
      hint={hint}
      value={values[key] ?? ''}
      required={required}
      spellcheck={false}
      error={errorAt(saving.problem, `/source/${key}`)}
      onInput={(value) => setValues({ ...values, [key]: value })}
    />
  );
  return (
    <Page title={t('segments.add')} parent={[t('segments.title'), to('segments')]}>
      <Form onSubmit={save} class="form">
        <Text
          label={t('common.displayName')}
          hint={t('segments.nameHint')}
          value={displayName}
          onInput={setDisplayName}
          required
          maxLength={200}
          error={errorAt(saving.problem, '/displayName')}
        />
        <Radios
          legend={t('segments.source')}
          value={kind}
          onInput={(value) => setKind(value as Kind)}
          choices={[
            ['upload', t('source.upload'), t('segments.uploadHint')],
            ['files', t('source.files')],
            ['customerInsights', t('source.customerInsights')],
            ['table', t('source.table')],
          ]}
        />
        {kind === 'upload' && (
          <UploadFields uploading={uploading} error={missing && !uploading.file ? t('upload.missing') : undefined} />
        )}
        {kind === 'files' && (
          <>
            {field('url', t('segments.url'), t('segments.urlHint'))}
            <Select
              label={t('segments.format')}
              value={values.format ?? 'parquet'}
              onInput={(format) => setValues({ ...values, format })}
              choices={[
                ['parquet', 'Parquet'],
                ['csv', 'CSV'],
              ]}
            />
          </>
        )}
        {kind === 'customerInsights' && (
          <>
            {field('url', t('segments.folder'), t('segments.folderHint'))}
            {field('entity', t('segments.entity'))}
          </>
        )}
        {kind === 'table' && (
          <>
            {field('dataSource', t('segments.dataSource'), t('segments.dataSourceHint'))}
            {field('schema', t('segments.schema'), undefined, false)}
            {field('table', t('segments.table'))}
          </>
        )}
        <ProblemNote problem={saving.problem} />
        <div class="actions">
          <button type="submit" class="primary" disabled={saving.busy}>
            {t('common.save')}
          </button>
          <a class="button" href={to('segments')}>
            {t('common.cancel')}
          </a>
        </div>
      </Form>
    </Page>
  );
}
