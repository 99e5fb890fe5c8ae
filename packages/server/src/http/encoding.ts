import type { Transform } from 'node:stream';
import { constants, createBrotliCompress, createGzip, createZstdCompress } from 'node:zlib';

export type Coding = 'br' | 'zstd' | 'gzip';

/** Compression levels of each coding. */
export interface CompressLevels {
  readonly gzip: number;
  readonly brotli: number;
  readonly zstd: number;
}

/** In this order, of what a client accepts: br compresses best, and 0.4.5 preferred it too. */
const PREFERRED: readonly Coding[] = ['br', 'zstd', 'gzip'];

/**
 * The coding for an Accept-Encoding header, undefined for none. A client that names identity, unless to exclude it, gets
 * it, as from 0.4.5; a weight of zero excludes; `*` is not taken as a wish for compression.
 */
export function chooseCoding(header: string | undefined): Coding | undefined {
  const accepted = new Set<string>();
  for (const part of header?.split(',') ?? []) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) continue;
    accepted.add(name === 'x-gzip' ? 'gzip' : name);
  }
  return accepted.has('identity') ? undefined : PREFERRED.find((coding) => accepted.has(coding));
}

/**
 * Windows of 256 KiB, as powers of two: the usual ones take megabytes for each client that reads slowly, and records
 * repeat themselves sooner than that.
 */
const WINDOW = 18;

/** A stream that compresses. */
export function compressor(coding: Coding, levels: CompressLevels): Transform {
  if (coding === 'gzip') return createGzip({ level: levels.gzip });
  if (coding === 'zstd') {
    const { ZSTD_c_compressionLevel: level, ZSTD_c_windowLog: window } = constants;
    return createZstdCompress({ params: { [level]: levels.zstd, [window]: WINDOW } });
  }
  const { BROTLI_PARAM_QUALITY: quality, BROTLI_PARAM_LGWIN: window } = constants;
  return createBrotliCompress({ params: { [quality]: levels.brotli, [window]: WINDOW } });
}
