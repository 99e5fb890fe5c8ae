import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { ApiError } from '../errors.ts';
import type { Budget } from './budget.ts';

/**
 * `bytes`: the largest body, also unpacked. `idle`: milliseconds within which PROGRESS bytes more, or the end, must
 * come; then a body is given up.
 */
export interface BodyLimits {
  readonly bytes: number;
  readonly idle: number;
}

/** A body in memory; `release` when it is stored or refused. */
export interface ReceivedBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  release(): void;
}

/** Bytes of memory behind a body. */
const MARGIN = 8;

/** Bytes that show that a client is slow and not idle; a byte now and then must not hold memory for ever. */
const PROGRESS = 4096;

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress(),
  deflate: () => createInflate(),
};

/** Refuses by the headers alone what is too large or in an unknown encoding. Throws an ApiError. */
export function checkBody(request: IncomingMessage, limits: BodyLimits): void {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > limits.bytes) throw new ApiError('tooLarge', String(limits.bytes));
  decoderOf(request);
}

function decoderOf(request: IncomingMessage): (() => Transform) | undefined {
  const coding = request.headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') return undefined;
  const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  if (decoder === undefined) throw new ApiError('wrongEncoding');
  return decoder;
}

/**
 * Receives a body and unpacks it as it comes, so that a small one that unpacks to much is given up at the limit. Throws
 * an ApiError: 408 (no byte for too long), 413, 503 (too many bodies at once), 400 (not what its encoding says).
 */
export function receiveBody(
  request: IncomingMessage,
  limits: BodyLimits,
  budget: Budget,
): Promise<ReceivedBody> {
  checkBody(request, limits);
  // Its client may have gone while its password was checked: then no event will say so any more.
  if (request.destroyed) return Promise.reject(new ApiError('badRequest', 'The request was given up'));
  const decoder = decoderOf(request)?.();
  const source = decoder === undefined ? request : request.pipe(decoder);
  const gathered = new Gathered(decoder === undefined ? Number(request.headers['content-length'] ?? 0) : 0);
  let progress = 0;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new ApiError('tooSlow')), limits.idle);
    const fail = (error: Error) => {
      finish();
      budget.give(gathered.size);
      reject(error);
    };
    const finish = () => {
      clearTimeout(timer);
      request.off('data', onArrival).off('aborted', onAbort);
      source.off('data', onData).off('end', onEnd);
      if (decoder !== undefined) {
        request.unpipe(decoder);
        decoder.destroy();
      }
    };
    const onArrival = (chunk: Buffer) => {
      progress += chunk.length;
      if (progress < PROGRESS) return;
      progress = 0;
      timer.refresh();
    };
    const onAbort = () => fail(new ApiError('badRequest', 'The request was given up'));
    const onData = (chunk: Buffer) => {
      try {
        if (gathered.size + chunk.length > limits.bytes) throw new ApiError('tooLarge', String(limits.bytes));
        budget.take(chunk.length);
        gathered.add(chunk);
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const onEnd = () => {
      finish();
      resolve({ bytes: gathered.bytes(), release: () => budget.give(gathered.size) });
    };
    decoder?.on('error', () =>
      fail(new ApiError('badRequest', 'The body is not what its Content-Encoding says')),
    );
    request.on('data', onArrival).on('aborted', onAbort);
    source.on('data', onData).on('end', onEnd);
  });
}

/**
 * Bytes in memory of their own, not views on a pool: they are handed over to another thread. Of a length that is known
 * beforehand they are in memory once; pages that nothing was written to take none.
 */
class Gathered {
  readonly #whole: Uint8Array<ArrayBuffer>;
  readonly #chunks: Buffer[] = [];
  size = 0;

  /** `length` is 0 where it is not known. */
  constructor(length: number) {
    this.#whole = withMargin(length);
  }

  add(chunk: Buffer): void {
    if (this.#whole.length > 0) this.#whole.set(chunk, this.size);
    else this.#chunks.push(chunk);
    this.size += chunk.length;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    if (this.#whole.length > 0) return this.#whole;
    const bytes = withMargin(this.size);
    let offset = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, offset);
      offset += chunk.length;
    }
    return bytes;
  }
}

/** Zeros behind a body, for whoever reads it by whole words: it need not be copied for that. */
function withMargin(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(length === 0 ? 0 : length + MARGIN), 0, length);
}
