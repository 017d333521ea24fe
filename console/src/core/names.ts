// Names for what the API names by ids and keys: segments, and the fields of lists.

import { api, type Schemas } from './api.ts';
import { everything, useLoad } from './hooks.ts';

/** The display name of a segment; its name until that is known. */
export function useSegmentNames(): (name: string) => string {
  const loaded = useLoad(
    async () =>
      new Map(
        (await everything((cursor) => api('get', '/segments', { query: { cursor, limit: 200 } }))).map((one) => [
          one.name,
          one.displayName,
        ]),
      ),
    [],
  );
  return (name) => loaded.data?.get(name) ?? name;
}

/** A list of Campaign Monitor; null while it is read, without a connection, and where it cannot be asked. */
export function useList(connectionId: string | null | undefined, listId: string): Schemas['ListView'] | null {
  const loaded = useLoad(
    async () =>
      connectionId
        ? api('get', '/connections/{id}/lists/{listId}', { ids: { id: connectionId, listId } }).catch(() => null)
        : null,
    [connectionId, listId],
  );
  return loaded.data;
}

/** The name of a field of a list by its key, which may stand in brackets; the key where the name is not known. */
export const fieldNameOf =
  (list: Schemas['ListView'] | null) =>
  (key: string): string =>
    list?.fields.find((field) => field.key === key.replace(/^\[|\]$/g, ''))?.name ?? key;
