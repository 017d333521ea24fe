// Lists that come in pages, as one.

/** One page of a list. */
export interface Page<Item> {
  items: Item[];
  /** Where the next page starts; nothing on the last one. */
  nextCursor?: string | null;
}

/** Which page to read. */
export interface PageQuery {
  limit: number;
  cursor?: string;
}

/** Every item of a list: `read` reads one page. What is a download in other forms must be read as JSON. */
export async function* everyItem<Item>(
  read: (query: PageQuery) => Promise<{ data: Page<Item> | string }>,
): AsyncGenerator<Item, void> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const { data } = await read({ limit: 200, ...(cursor !== undefined && { cursor }) });
    if (typeof data === 'string') throw new TypeError('The list is a text. Ask for JSON: leave `Accept` out.');
    yield* data.items;
    cursor = data.nextCursor ?? null;
  }
}
