// Uploads of members as a stream, with the content type of what they are.

import type { PutMembersData, SegmentView } from './generated/index.js';
import { succeeded } from './problem.js';
import type { Service } from './service.js';

const CONTENT_TYPES = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
} as const;

/** Members as they are sent. Only a stream is sent once; browsers that cannot send a stream need a `Blob`. */
export type Members = string | Blob | Uint8Array | ReadableStream<Uint8Array>;

/** How members are written, and what becomes of them. */
export interface UploadOptions extends Omit<NonNullable<PutMembersData['query']>, 'format'> {
  format: keyof typeof CONTENT_TYPES;
  /** `compress` compresses the members on their way; `compressed` says that they are. */
  gzip?: 'compress' | 'compressed';
  /** The `ETag` of the segment that is to be changed. */
  ifMatch?: string;
  signal?: AbortSignal;
}

/** Replaces all members of a segment. */
export async function uploadMembers(
  service: Service,
  name: string,
  members: Members,
  options: UploadOptions,
): Promise<SegmentView> {
  const { format, gzip, ifMatch, signal, ...query } = options;
  const url = service.address(`/segments/${encodeURIComponent(name)}/members`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  const headers = new Headers({ 'Content-Type': CONTENT_TYPES[format] });
  if (gzip !== undefined) headers.set('Content-Encoding', 'gzip');
  if (ifMatch !== undefined) headers.set('If-Match', ifMatch);
  const body = gzip === 'compress' ? await compressed(members) : members;
  const isStream = body instanceof ReadableStream;
  const more = isStream ? { duplex: 'half' } : {};
  const init = { method: 'PUT', headers, body: body as BodyInit, signal: signal ?? null, ...more };
  const response = await succeeded(await service.send(() => new Request(url, init), !isStream));
  return (await response.json()) as SegmentView;
}

/** What is no stream stays none, so that it can be sent again. */
async function compressed(members: Members): Promise<Blob | ReadableStream> {
  const isStream = members instanceof ReadableStream;
  const stream: ReadableStream = isStream ? members : new Blob([members as BlobPart]).stream();
  const zipped = stream.pipeThrough(new CompressionStream('gzip'));
  return isStream ? zipped : new Response(zipped).blob();
}
