// Warnings that only the answer to saving an export has: they go along to its page, and are shown there once.

import type { Schemas } from './api.ts';

type Warning = Schemas['Warning'];
let last: { exportId: string; warnings: Warning[] } | null = null;

export function keepWarnings({ exportId, warnings }: Schemas['ExportView']): void {
  last = { exportId, warnings };
}

export function takeWarnings(exportId: string): Warning[] {
  const kept = last?.exportId === exportId ? last.warnings : [];
  last = null;
  return kept;
}
