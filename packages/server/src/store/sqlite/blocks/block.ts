import { type Frame, type FrameSize, joinFrames } from './frames.ts';
import { bounds, encodeHead } from './head.ts';
import { KindCounter } from './kind-counter.ts';
import { encodeKinds } from './kinds.ts';
import { pack } from './part.ts';
import { LOGREC_FRAME, MAX_BYTES, MAX_RECORDS, MESSAGE_FRAME, type Run } from './run.ts';

/** A block as it is stored: what is known of it without unpacking, and its parts. */
export interface Block {
  readonly firstId: number;
  readonly lastId: number;
  readonly count: number;
  /** Microseconds since 1970, as the highest. */
  readonly lowestTime: number;
  readonly highestTime: number;
  readonly kinds: Buffer;
  readonly head: Buffer;
  readonly messages: Buffer;
  readonly logrecs: Buffer;
}

/** A run whose records have their ids, ascending. */
export interface PlacedRun {
  readonly run: Run;
  readonly ids: Float64Array;
}

/** Blocks of runs with ascending ids, neighbours joined into blocks of up to `most` records. */
export function* blocksOfRuns(placed: Iterable<PlacedRun>, most = MAX_RECORDS): Generator<Block> {
  let joined: PlacedRun[] = [];
  let count = 0;
  let bytes = 0;
  for (const each of placed) {
    const { run } = each;
    if (count > 0 && (count + run.count > most || bytes + run.bytes > MAX_BYTES)) {
      yield blockOf(joined);
      joined = [];
      count = 0;
      bytes = 0;
    }
    joined.push(each);
    count += run.count;
    bytes += run.bytes;
  }
  if (count > 0) yield blockOf(joined);
}

/** One block of all runs, one at least: texts stay packed as they are, unless `gather` packs frames together. */
export function blockOf(
  placed: readonly PlacedRun[],
  gather: (frames: readonly Frame[], most: FrameSize) => readonly Frame[] = (frames) => frames,
): Block {
  const count = placed.reduce((sum, { run }) => sum + run.count, 0);
  const ids = new Float64Array(count);
  const times = new Float64Array(count);
  const kinds = new Uint32Array(count);
  const counter = new KindCounter();
  let at = 0;
  for (const { run, ids: own } of placed) {
    ids.set(own, at);
    times.set(run.times, at);
    const places = run.kinds.map(({ level, name, count: times }) => counter.add(level, name, times));
    run.kindOf.forEach((kind, index) => {
      kinds[at + index] = places[kind] ?? 0;
    });
    at += run.count;
  }
  const [lowestTime, highestTime] = bounds(times);
  return {
    firstId: ids[0] ?? 0,
    lastId: ids[count - 1] ?? 0,
    count,
    lowestTime,
    highestTime,
    kinds: pack(encodeKinds(counter.take())),
    head: pack(encodeHead({ ids, times, kinds })),
    messages: joinFrames(
      gather(
        placed.flatMap(({ run }) => run.messages),
        MESSAGE_FRAME,
      ),
    ),
    logrecs: joinFrames(
      gather(
        placed.flatMap(({ run }) => run.logrecs),
        LOGREC_FRAME,
      ),
    ),
  };
}
