import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { chooseCoding, compressor } from './encoding.ts';

describe('the coding of an answer', () => {
  for (const [header, due] of [
    [undefined, undefined],
    ['', undefined],
    [',', undefined],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['GZip', 'gzip'],
    ['br', 'br'],
    ['zstd', 'zstd'],
    ['deflate', undefined],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, zstd', 'zstd'],
    [' gzip ;q=1 , br ; q=0.5 ', 'br'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.000, gzip;q=0.0', undefined],
    ['br;q=0.001', 'br'],
    ['br; Q=0', undefined],
    ['gzip, identity', undefined],
    ['gzip, identity;q=0.5', undefined],
    ['gzip, identity;q=0', 'gzip'],
    ['identity', undefined],
    ['*', undefined],
    ['*;q=0', undefined],
    ['gzip;q=nonsense', 'gzip'],
    ['bro, gzipped', undefined],
    ['__proto__, constructor', undefined],
  ] as const) {
    test(JSON.stringify(header) ?? 'no header', () => assert.equal(chooseCoding(header), due));
  }

  for (const [coding, unpack] of [
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
    ['zstd', zstdDecompressSync],
  ] as const) {
    for (const level of [1, 9]) {
      test(`${coding} at level ${level} is what it says`, async () => {
        const stream = compressor(coding, { gzip: level, brotli: level, zstd: level });
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.end('[{"a": 1}]'.repeat(1000));
        await once(stream, 'end');
        assert.equal(unpack(Buffer.concat(chunks)).toString(), '[{"a": 1}]'.repeat(1000));
      });
    }
  }
});
