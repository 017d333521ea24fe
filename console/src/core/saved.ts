// What only one answer has, and a page shows once: the warnings of an export that was saved, the secret of a channel.

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

let secret: { channelId: string; secret: string } | null = null;

export function keepSecret(made: Schemas['ChannelSecretView']): void {
  secret = made.secret ? { channelId: made.channelId, secret: made.secret } : null;
}

export function takeSecret(channelId: string): string | null {
  const kept = secret?.channelId === channelId ? secret.secret : null;
  secret = null;
  return kept;
}
