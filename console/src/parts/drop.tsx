// Choosing a file: by dropping it, or by the button that every browser has.

import { useId, useState } from 'preact/hooks';
import { number, t } from '../core/i18n.ts';

export function FileDrop({
  file,
  onFile,
  label,
  error,
}: {
  file: File | null;
  onFile(file: File): void;
  label: string;
  error?: string | undefined;
}) {
  const id = useId();
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const dropped = event.dataTransfer?.files[0];
    if (dropped) onFile(dropped);
  };
  const drag = (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  };
  return (
    <div class={over ? 'drop over' : 'drop'} onDragOver={drag} onDragLeave={() => setOver(false)} onDrop={drop}>
      <label for={id}>{label}</label>
      <p class="hint" id={`${id}-hint`}>
        {t('upload.hint')}
      </p>
      <input
        id={id}
        type="file"
        accept=".csv,.txt,.ndjson,.jsonl,.parquet,text/csv"
        aria-describedby={`${id}-hint`}
        onChange={(event) => event.currentTarget.files?.[0] && onFile(event.currentTarget.files[0])}
      />
      {file && (
        <p class="strong">
          {file.name} ({number(Math.max(0.1, file.size / 1000), { maximumFractionDigits: 1 })} kB)
        </p>
      )}
      {error && <p class="error">{error}</p>}
    </div>
  );
}
