import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { ApiError } from '../errors.ts';
import type { Budget } from './budget.ts';

/** `idle`: milliseconds without a byte after which a body is given up. `bytes`: the largest body, also unpacked. */
export interface BodyLimits {
  readonly bytes: number;
  readonly idle: number;
}

/** A body in memory; `release` when it is stored or refused. */
export interface ReceivedBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  release(): void;
}

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
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(new ApiError('tooSlow')), limits.idle);
    const fail = (error: Error) => {
      finish();
      budget.give(size);
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
    const onArrival = () => timer.refresh();
    const onAbort = () => fail(new ApiError('badRequest', 'The request was given up'));
    const onData = (chunk: Buffer) => {
      try {
        if (size + chunk.length > limits.bytes) throw new ApiError('tooLarge', String(limits.bytes));
        budget.take(chunk.length);
        size += chunk.length;
        chunks.push(chunk);
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const onEnd = () => {
      finish();
      resolve({ bytes: joined(chunks, size), release: () => budget.give(size) });
    };
    decoder?.on('error', () =>
      fail(new ApiError('badRequest', 'The body is not what its Content-Encoding says')),
    );
    request.on('data', onArrival).on('aborted', onAbort);
    source.on('data', onData).on('end', onEnd);
  });
}

/** In memory of its own, not a view on a pool: it is handed over to another thread. */
function joined(chunks: readonly Buffer[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(new ArrayBuffer(size));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
