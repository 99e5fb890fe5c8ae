import type { LogRecord } from '@chronologer/record';
import { DamagedBlock } from '../blocks/damaged.ts';
import { bounds, decodeHead, type Head } from '../blocks/head.ts';
import { decodeKinds, type Kind } from '../blocks/kinds.ts';
import { unpack, VERSION } from '../blocks/part.ts';
import { textAt } from '../blocks/texts.ts';
import type { Stored, StoredBlock, StoredParts } from './stored-block.ts';
import { readTextsColumn, type TextsColumn } from './texts-column.ts';

/** Versions up to this one are taken for those of a later program; any other is a damaged byte. */
const LAST_LIKELY_VERSION = 15;

/** What is wrong with a block, and what can still be read of it. */
export interface Inspection {
  /** Each says what is wrong; empty for a sound block. */
  readonly faults: readonly string[];
  /** A part is of a later version: all of the block is left as it is. */
  readonly isForeign: boolean;
  readonly kinds: readonly Kind[] | undefined;
  readonly head: Head | undefined;
  /** The texts of each record, undefined where one of them is lost; asked for place by place. */
  readonly record: (place: number) => LogRecord | undefined;
}

/** Reads all of a block. */
export function inspect(block: StoredBlock, parts: StoredParts): Inspection {
  const reading = new Reading();
  const { kinds, head } = readHead(block, parts, reading);
  const column = (part: 'messages' | 'logrecs', name: string) =>
    texts(reading.attempt(parts[part], name, (bytes) => readColumn(bytes, head, name, reading)));
  const message = column('messages', 'messages');
  const logrec = column('logrecs', 'texts of logrec');
  const record = (place: number): LogRecord | undefined => {
    const kind = kinds?.[head?.kinds[place] ?? -1];
    const ts = head?.times[place];
    const [first, second] = [message(place), logrec(place)];
    if (kind === undefined || ts === undefined || first === undefined || second === undefined)
      return undefined;
    return { name: kind.name, ts, level: kind.level, message: first, logrec: second };
  };
  return { ...reading, kinds, head, record };
}

/** Reads what counts and ids are in, and holds the block's row against it; texts are not looked at. */
export function inspectHead(
  block: StoredBlock,
  parts: Pick<StoredParts, 'head'>,
): Pick<Inspection, 'faults' | 'isForeign' | 'kinds' | 'head'> {
  const reading = new Reading();
  const { kinds, head } = readHead(block, parts, reading);
  return { ...reading, kinds, head };
}

/** Collects what is wrong while a block is read. */
class Reading {
  readonly faults: string[] = [];
  isForeign = false;

  /** What `decode` makes of a part; undefined, and a fault more, when it cannot. */
  attempt<T>(part: Stored, name: string, decode: (part: Buffer) => T): T | undefined {
    if (typeof part === 'string') {
      this.faults.push(`its ${name} ${part}`);
      return undefined;
    }
    const version = part[0];
    try {
      if (version === VERSION || version === undefined) return decode(part);
      // A damaged byte of the version alone: all that follows has checksums.
      const before = this.faults.length;
      const mended = decode(Buffer.concat([Buffer.of(VERSION), part.subarray(1)]));
      if (this.faults.length > before) throw new DamagedBlock(this.faults.splice(before).join('; '));
      this.faults.push(`the version of its ${name} is damaged`);
      return mended;
    } catch (error) {
      if (!(error instanceof DamagedBlock)) throw error;
      if (version !== undefined && version > VERSION && version <= LAST_LIKELY_VERSION) {
        this.isForeign = true;
        this.faults.push(`its ${name} are of version ${version}, which this Chronologer does not know`);
      } else this.faults.push(`its ${name} are damaged (${error.message})`);
      return undefined;
    }
  }
}

function readHead(block: StoredBlock, parts: Pick<StoredParts, 'head'>, reading: Reading) {
  let kinds = reading.attempt(block.kinds, 'levels and names', (part) => decodeKinds(unpack(part)));
  const head = reading.attempt(parts.head, 'ids and times', (part) => {
    const decoded = decodeHead(unpack(part), kinds?.length ?? Number.POSITIVE_INFINITY);
    if (!isLikely(decoded)) throw new DamagedBlock('they are none');
    return decoded;
  });
  if (head !== undefined && isOfAnother(block, head)) {
    // Its levels and names would be those of other records.
    kinds = undefined;
    reading.faults.push('its row is that of another block');
  }
  if (!block.isTyped) reading.faults.push('its row holds what is no number');
  if (head !== undefined) reading.faults.push(...rowFaults(block, head, kinds));
  return { kinds, head };
}

/** The ids in a head, in order; none when it cannot be read. */
export function idsOf(head: Stored): Float64Array {
  const decoded = new Reading().attempt(head, 'ids', (part) =>
    decodeHead(unpack(part), Number.POSITIVE_INFINITY),
  );
  return decoded !== undefined && isLikely(decoded) ? decoded.ids : new Float64Array();
}

/** Ids that rise and times that are whole numbers. */
function isLikely({ ids, times }: Head): boolean {
  return (
    ids.length > 0 &&
    ids.every((id, place) => Number.isSafeInteger(id) && id > (ids[place - 1] ?? 0)) &&
    times.every((time) => Number.isInteger(time))
  );
}

/** Whether nothing that a row says is true of a head: its kinds are then another's, too. */
function isOfAnother({ lastId, lowestTime, highestTime }: StoredBlock, { ids, times }: Head): boolean {
  const [lowest, highest] = bounds(times);
  return lastId !== ids.at(-1) && lowestTime !== lowest && highestTime !== highest;
}

/** What the block's row says otherwise than its head. */
function rowFaults(block: StoredBlock, head: Head, kinds: readonly Kind[] | undefined): string[] {
  const [lowest, highest] = bounds(head.times);
  const faults = [
    ['first id', block.firstId, head.ids[0]],
    ['last id', block.lastId, head.ids.at(-1)],
    ['number of records', block.count, head.ids.length],
    ['lowest time', block.lowestTime, lowest],
    ['highest time', block.highestTime, highest],
  ]
    .filter(([, said, due]) => said !== due)
    .map(([what, said, due]) => `its ${what} is given as ${said}, and is ${due}`);
  if (kinds === undefined) return faults;
  const counts = new Uint32Array(kinds.length);
  for (const kind of head.kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  if (kinds.some(({ count }, place) => count !== counts[place])) {
    faults.push('its numbers of records by level and name are wrong');
  }
  return faults;
}

function readColumn(part: Buffer, head: Head | undefined, name: string, reading: Reading): TextsColumn {
  // Without a head no record of it is one; whether its texts can be read is no question any more.
  if (head === undefined) return { placed: [] };
  const column = readTextsColumn(part, head.ids.length);
  const read = column.placed.reduce((sum, { texts: { count } }) => sum + count, 0);
  if (read === 0 && column.fault !== undefined) throw new DamagedBlock(column.fault);
  if (column.fault !== undefined) {
    reading.faults.push(`its ${name}: ${column.fault}, ${read} of ${head.ids.length} can be read`);
  }
  return column;
}

function texts(column: TextsColumn | undefined): (place: number) => string | undefined {
  const placed = column?.placed ?? [];
  return (place) => {
    const found = placed.findLast(({ start }) => start <= place);
    if (found === undefined || place >= found.start + found.texts.count) return undefined;
    return textAt(found.texts, place - found.start);
  };
}
