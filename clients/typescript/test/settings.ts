// Where the service of the tests is: `clients/with-service` sets it.

import { createService, type Service, type ServiceOptions } from 'segment-export-client';

function setting(name: string): string {
  const value = process.env[`SEGMENT_EXPORT_${name}`];
  if (value === undefined) throw new Error(`SEGMENT_EXPORT_${name} is not set: run the tests by clients/with-service.`);
  return value;
}

export const apiKey = setting('API_KEY');
export const listId = setting('LIST_ID');
/** A Parquet file of ten members. */
export const parquet = setting('PARQUET');
export const options: ServiceOptions = {
  url: setting('URL'),
  instanceId: setting('INSTANCE'),
  token: setting('TOKEN'),
};

/** All that an iteration gives. */
export async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export const service: Service = createService(options);
