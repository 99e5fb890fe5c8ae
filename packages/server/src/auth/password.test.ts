import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HASHES, hashPassword, isPassword } from './password.ts';

/** Of Python 3's hashlib.pbkdf2_hmac for the password "säsam", the salt "c0ffeeé" and 3 iterations. */
const VECTORS: readonly (readonly [hashname: string, key: string])[] = [
  ['md5', '559b83630cf71383131fc0ab746d26be'],
  ['sha1', '871d69309e2e291298d303b3821a2d8780cb6705'],
  ['sha224', 'be1721e92675184e8850dfc5836197b339d97cfdb4e52dfd22b50819'],
  ['sha256', '2aed6660ff20c21aa99b66e091968c3099890fd95b70f5fa5d733cd93c0cc6a7'],
  [
    'sha384',
    'e7a150b6e6c1a1881438aa5ade163e8d1a68fca058e15e83fdb605b3d5b10b7971c0698d844ad6432ac4808b0238497f',
  ],
  [
    'sha512',
    'c0aeee6b9e87c740a8955a7688c80913b797862f00d315f1b6e39e658d7048a6d4696662c8a6a5bbdd7097d794630c055639774658334b656d7efba9eb39c251',
  ],
  ['sha3_224', '723255c00de29e60bdb612ca41ab5eb1e78610359fd7253a2555f4b7'],
  ['sha3_256', 'a11429bcc0c06c28dd3750423c4b2c295ba157a9e68cef174375465be44b28a8'],
  [
    'sha3_384',
    'cc7fa05f314b7e1c6eb31a07ad726ce1cff09008d6bcc79734c8a50b3084cf0f374f1ff86e1b7676fa4dc0f49db7272f',
  ],
  [
    'sha3_512',
    'd9403b728bd416bac95022a76d41837ea888f765ccc18beafa2dcdf081e723095fa2527d59f1d06d9806f4050b7d0d8753258a84b18b32b0922f0df932bcb734',
  ],
  [
    'blake2b',
    '7483ecc9e5f108a5deb05b9b8da066ab7e04b5312fa5f4531cdda1f7dfdbde0fe88b1e367c071ee101a297d66e0bcc7e716f3e60a35739ced03072d85f5aad8f',
  ],
  ['blake2s', '59c08634f60032f7640a7b9c4eb02c09dcb12574625eb00ace6fce61ef8e8da0'],
];

for (const [hashname, key] of VECTORS) {
  test(`${hashname} gives the key that Python gives, as long as the hash`, async () => {
    const found = await hashPassword('säsam', { hashname, salt: 'c0ffeeé', iterations: 3 });
    assert.equal(found.toString('hex'), key);
    assert.equal(found.length, HASHES.get(hashname)?.bytes);
  });
}

test('every hash is held against Python', () => {
  assert.deepEqual([...HASHES.keys()].sort(), VECTORS.map(([name]) => name).sort());
});

test('the vector of RFC 7914, 11', async () => {
  const key = await hashPassword('Password', { hashname: 'sha256', salt: 'NaCl', iterations: 80_000 });
  assert.equal(key.toString('hex').slice(0, 32), '4ddcd8f60b98be21830cee5ef22701f9');
});

test('a password is right or wrong, the empty one too', async () => {
  const parameters = { hashname: 'sha1', salt: '', iterations: 1 };
  const hash = { ...parameters, key: await hashPassword('', parameters) };
  assert.equal(await isPassword('', hash), true);
  assert.equal(await isPassword(' ', hash), false);
});

test('an unknown hash is an error, not a refusal', async () => {
  await assert.rejects(
    hashPassword('x', { hashname: 'crc32', salt: '', iterations: 1 }),
    /'crc32' is no known/,
  );
});
