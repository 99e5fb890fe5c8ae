import { ByteWriter } from '../../byte-writer.ts';
import { ByteReader } from './byte-reader.ts';
import { DamagedBlock } from './damaged.ts';

/** A level and a name that occur together in a block, and in how many of its records. */
export interface Kind {
  readonly level: number;
  readonly name: string;
  count: number;
}

/** The kinds of a block, in the order in which its head counts them. A name is written once. */
export function encodeKinds(kinds: readonly Kind[]): Buffer {
  const writer = new ByteWriter();
  const places = new Map<string, number>();
  for (const { name } of kinds) if (!places.has(name)) places.set(name, places.size);
  writer.unsigned(places.size);
  for (const name of places.keys()) {
    const bytes = Buffer.from(name);
    writer.unsigned(bytes.length);
    writer.bytes(bytes);
  }
  writer.unsigned(kinds.length);
  for (const { level, name, count } of kinds) {
    // A database of 0.4.5 may hold levels up to 2^53 - 1.
    writer.double(level);
    writer.unsigned(places.get(name) ?? 0);
    writer.unsigned(count);
  }
  return writer.done();
}

/** Throws DamagedBlock. */
export function decodeKinds(bytes: Buffer): Kind[] {
  const reader = new ByteReader(bytes);
  const names = Array.from({ length: reader.count() }, () => reader.text(reader.unsigned()));
  const kinds = Array.from({ length: reader.count() }, () => {
    const level = reader.double();
    const name = names[reader.unsigned()];
    if (name === undefined) throw new DamagedBlock('a name is missing');
    return { level, name, count: reader.unsigned() };
  });
  reader.end();
  return kinds;
}
