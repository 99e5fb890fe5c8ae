/**
 * Gives memory back now and not when the collector comes round: a walk through all blocks would take some hundred
 * megabytes. Small buffers are parts of a pool and stay.
 */
export function freeBuffer({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > 2 * Buffer.poolSize) buffer.transfer(0);
}
