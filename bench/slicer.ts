import { isUtf8 } from 'node:buffer';
import { ObjectReader } from '../packages/record/src/json-object.ts';
import { JsonSlicer } from '../packages/record/src/json-slicer.ts';
import { fieldKind } from '../packages/record/src/record-fields.ts';
import { ShapeMemory } from '../packages/record/src/shape-memory.ts';
import { body } from './load/bodies.ts';
import { Rows } from './measure/row.ts';

const SIZES = [519, 800];
const RECORDS = 1000;
const SECONDS = { warming: 0.2, measured: 0.5 };

/** A body of records as it comes, and what was made of it beforehand where that is no part of a case. */
type Body = { bytes: Buffer<ArrayBuffer>; lines: readonly string[] };

/** Goes over a body once and answers how many records it took. */
type Pass = (body: Body) => number;

export const SLICER_CASES: readonly { name: string; prepare: (body: Body) => Pass }[] = [
  { name: 'slicer', prepare: slicing },
  { name: 'slicer-strange', prepare: slicingStrange },
  { name: 'slicer-parse', prepare: () => parseBytes },
  { name: 'slicer-parse-text', prepare: () => parseText },
  { name: 'slicer-reader', prepare: readingText },
  { name: 'slicer-shape', prepare: matchingText },
  { name: 'slicer-text', prepare: () => makeText },
  { name: 'slicer-bytes', prepare: () => lookAtBytes },
  { name: 'slicer-quotes', prepare: () => leapToQuotes },
];

function slicing(): Pass {
  const slicer = new JsonSlicer();
  return ({ bytes }) => {
    const { scanner } = slicer;
    let taken = 0;
    if (!isUtf8(bytes)) return 0;
    scanner.open(bytes, true);
    for (let from = 0; from < bytes.length; taken += 1) {
      from = scanner.skipBlanks(slicer.read(from)) + 1;
      if (from === 0) return taken;
    }
    return taken;
  };
}

/** Each record has a key of its own in front, so that nothing of the others helps. */
function slicingStrange({ lines }: Body): Pass {
  const pass = slicing();
  const strange = lines.map(
    (line, index) => `${line.replace('"name"', `"${index.toString(36).padStart(4, '_')}"`)}\n`,
  );
  const strangers = { lines, bytes: Buffer.from(strange.join('')) };
  return () => pass(strangers);
}

const parseBytes: Pass = ({ bytes }) => {
  let taken = 0;
  for (let from = 0; from < bytes.length; taken += 1) {
    const end = bytes.indexOf(0x0a, from);
    JSON.parse(bytes.toString('utf8', from, end));
    from = end + 1;
  }
  return taken;
};

const makeText: Pass = ({ bytes }) => {
  let taken = 0;
  for (let from = 0; from < bytes.length; from = bytes.indexOf(0x0a, from) + 1) {
    if (bytes.toString('utf8', from, bytes.indexOf(0x0a, from)) !== '') taken += 1;
  }
  return taken;
};

/** The least that a loop over single bytes can do. */
const lookAtBytes: Pass = ({ bytes }) => {
  let taken = 0;
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] === 0x0a) taken += 1;
  return taken;
};

/** The least that leaping over strings can do: nothing between them is looked at. */
const leapToQuotes: Pass = ({ bytes, lines }) => {
  let quotes = 0;
  for (let at = bytes.indexOf(0x22); at !== -1; at = bytes.indexOf(0x22, at + 1)) quotes += 1;
  return quotes > lines.length ? lines.length : 0;
};

const parseText: Pass = ({ lines }) => {
  for (const line of lines) JSON.parse(line);
  return lines.length;
};

function readLine(reader: ObjectReader, line: string): boolean {
  reader.scanner.open(line);
  const end = reader.read(0);
  reader.dropRepeated(0);
  return end === line.length;
}

function readingText(): Pass {
  const reader = new ObjectReader(fieldKind);
  return ({ lines }) => {
    let taken = 0;
    for (const line of lines) if (readLine(reader, line)) taken += 1;
    return taken;
  };
}

/** As the server uses the shapes: what is of none that it knows is read member by member, and learned. */
function matchingText(): Pass {
  const reader = new ObjectReader(fieldKind);
  const shapes = new ShapeMemory();
  const options = { raw: true, now: 0 };
  return ({ lines }) => {
    let taken = 0;
    for (const line of lines) {
      if (shapes.read(line, options) === undefined) {
        if (!readLine(reader, line)) return taken;
        shapes.learn(reader);
      }
      taken += 1;
    }
    return taken;
  };
}

/**
 * Nanoseconds of the processor a record, collecting garbage and all, over as many passes as fit into some seconds. Throws
 * when not every record is taken.
 */
function time(pass: Pass, made: Body, seconds: number): number {
  const until = performance.now() + seconds * 1000;
  const before = process.cpuUsage();
  let records = 0;
  while (performance.now() < until) {
    const taken = pass(made);
    if (taken !== RECORDS) throw new Error(`${taken} of ${RECORDS} records were taken`);
    records += taken;
  }
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / records;
}

function makeBody(size: number): Body {
  const text = body({ type: 'ndjson', records: RECORDS }, 0, 0.6, size);
  // Copied, since a buffer of the pool would have others' bytes behind it.
  const bytes = Buffer.from(Uint8Array.from(Buffer.from(text)).buffer);
  return { bytes, lines: text.trimEnd().split('\n') };
}

/** Compares the ways of going over records: from the bytes of a body, or from texts made of its lines beforehand. */
export function measureSlicer(
  cases: typeof SLICER_CASES,
  { rounds }: { rounds: number },
  say: (line: string) => void,
): Rows {
  const rows = new Rows();
  const passes = SIZES.flatMap((size) => {
    const made = makeBody(size);
    return cases.map(({ name, prepare }) => ({ name, size, made, pass: prepare(made) }));
  });
  for (const { pass, made } of passes) time(pass, made, SECONDS.warming);
  for (let round = 1; round <= rounds; round += 1) {
    say(`slicer, round ${round}`);
    for (const { name, size, made, pass } of passes) {
      rows.add('ours', name, `a record of ${size} bytes`, 'ns', time(pass, made, SECONDS.measured));
    }
  }
  return rows;
}
