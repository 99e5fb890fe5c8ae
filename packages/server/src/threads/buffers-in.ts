/**
 * The memory behind all typed arrays in plain data, each once, for a transfer to another thread: copying it takes longer
 * than all else of a message. To be used on data that nothing else refers to.
 */
export function buffersIn(data: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  collect(data, found);
  return [...found];
}

function collect(data: unknown, found: Set<ArrayBuffer>): void {
  if (ArrayBuffer.isView(data)) {
    if (data.buffer instanceof ArrayBuffer) found.add(data.buffer);
  } else if (typeof data === 'object' && data !== null) {
    for (const each of Object.values(data)) collect(each, found);
  }
}
