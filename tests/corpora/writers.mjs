// Parquet files by writers of JavaScript. Usage: node writers.mjs FOLDER
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
import { parquetWriteBuffer } from 'hyparquet-writer';

const parquet = createRequire(import.meta.url)('@dsnp/parquetjs');
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
for (const compression of ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI']) {
  const field = (type) => ({ type, compression, optional: true });
  const schema = new parquet.ParquetSchema({ CustomerId: { type: 'UTF8', compression }, Text: field('UTF8'),
    Whole: field('INT64'), Double: field('DOUBLE'), Flag: field('BOOLEAN'), Moment: field('TIMESTAMP_MILLIS') });
  const writer = await parquet.ParquetWriter.openFile(schema, `${folder}/npm-parquetjs-${compression}.parquet`);
  for (const row of rows) await writer.appendRow(row);
  await writer.close();
}
