/** Bytes of a block that are not what was written: their records are lost, those of other blocks are not. */
export class DamagedBlock extends Error {
  override name = 'DamagedBlock';
}
