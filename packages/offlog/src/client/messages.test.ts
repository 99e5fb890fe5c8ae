import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorOfMessage, saysThatDaemonStops } from './errors.ts';
import { MessageReader } from './messages.ts';

test('messages are cut at their NULs, however they arrive', () => {
  const bytes = Buffer.from('OK\0OSError: tä\0\0BYE\0BY');
  for (const step of [1, 2, 3, 7, bytes.length]) {
    const messages: string[] = [];
    const reader = new MessageReader((message) => messages.push(message));
    for (let at = 0; at < bytes.length; at += step) reader.add(bytes.subarray(at, at + step));
    assert.deepEqual(messages, ['OK', 'OSError: tä', '', 'BYE']);
  }
});

test('what is too long for a message is forgotten: a peer that sends no NULs does not fill the memory', () => {
  const messages: string[] = [];
  const reader = new MessageReader((message) => messages.push(message));
  reader.add(Buffer.alloc(65_536, 'x'));
  reader.add(Buffer.from('x'));
  reader.add(Buffer.from('BYE\0'));
  assert.deepEqual(messages, ['BYE']);
});

test('errors have the class, the text and the number that the daemon sent', () => {
  const error = errorOfMessage("FileNotFoundError: [Errno 2] No such file or directory: '/x: y'");
  assert.equal(error?.name, 'FileNotFoundError');
  assert.equal(error?.message, "[Errno 2] No such file or directory: '/x: y'");
  assert.equal(error?.errno, 2);
  assert.equal(error?.code, 'ENOENT');
  assert.ok(error instanceof Error);
  assert.match(String(error.stack), /^(FileNotFoundError|Error): \[Errno 2\]/);
});

test('an error without a number has none', () => {
  const error = errorOfMessage('ValueError: not an absolute path');
  assert.equal(error?.name, 'ValueError');
  assert.ok(error !== undefined && !('code' in error) && !('errno' in error));
});

test('what is no error is none', () => {
  for (const text of ['ROTATED', 'OK', '', 'no class here']) assert.equal(errorOfMessage(text), undefined);
});

test('only the text of a stopping daemon means that it stops', () => {
  const says = (text: string) => {
    const error = errorOfMessage(text);
    return error !== undefined && saysThatDaemonStops(error);
  };
  assert.equal(says('OSError: offlog server exited'), true);
  assert.equal(says('OSError: [Errno 28] No space left on device'), false);
});
