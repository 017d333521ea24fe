// Parquet files by a writer of JavaScript. Usage: node writers.mjs FOLDER
import { writeFileSync } from 'node:fs';
import { parquetWriteBuffer } from 'hyparquet-writer';

const folder = process.argv[2];
const rows = Array.from({ length: 500 }, (_, index) => ({
  CustomerId: `id ${index}`,
  Text: index % 7 === 3 ? undefined : `Rīga 𠮷 ${index}`,
  Whole: BigInt(index) * 9007199254740993n,
  Double: index / 7,
  Flag: index % 2 === 0,
  Moment: new Date(Date.UTC(2026, 2, 29, 0, index)),
}));
const column = (name, type) => ({ name, type, data: rows.map((row) => row[name] ?? null), nullable: true });
for (const codec of ['UNCOMPRESSED', 'SNAPPY']) {
  const columnData = [column('CustomerId', 'STRING'), column('Text', 'STRING'), column('Whole', 'INT64'),
    column('Double', 'DOUBLE'), column('Flag', 'BOOLEAN'), column('Moment', 'TIMESTAMP')];
  writeFileSync(`${folder}/npm-hyparquet_writer-${codec}.parquet`, Buffer.from(parquetWriteBuffer({ columnData, codec })));
}
