import { hex } from './literal.ts';
import type { Packets } from './packets.ts';
import { type PackableTexts, packTexts, STRIPE } from './texts.ts';

const PIECE = 1_048_576;

/** Adds the rows of `record_text` with the texts of records, by their ids, which ascend. `token`: of the transaction. */
export function addTexts(
  packets: Packets,
  ids: readonly number[],
  texts: readonly PackableTexts[],
  token: Buffer,
  maxPacket: number,
): void {
  const piece = Math.min(PIECE, Math.floor(maxPacket / 4));
  const values = packTexts(ids, texts).flatMap(({ firstId: id, lastId, size, part }) =>
    pieces(part, piece).map(
      (bytes, index) =>
        `(${Math.floor(id / STRIPE)},${id},${index},${lastId},${size},${hex(token)},${hex(bytes)})`,
    ),
  );
  packets.addRows('INSERT INTO record_text VALUES ', values);
}

function pieces(part: Buffer, size: number): Buffer[] {
  const count = Math.ceil(part.length / size);
  return Array.from({ length: count }, (_, index) => part.subarray(index * size, (index + 1) * size));
}
