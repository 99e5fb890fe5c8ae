import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LogRecord, RecordError, recordFromForm } from './mod.ts';

const NOW = 1_700_000_000_000_000;
const core = 'name=n&created=1.5&levelno=20&msg=m';

function take(body: string, raw = false): LogRecord {
  return recordFromForm(Buffer.from(body, 'latin1'), { raw, now: NOW });
}

function data(body: string): unknown {
  return JSON.parse(take(`${core}&${body}`).logrec).data;
}

function refuses(body: string, type: RecordError['type'], message: string): void {
  assert.throws(() => take(body), { constructor: RecordError, type, message }, body);
}

test('a record as logging.handlers.HTTPHandler sends it', () => {
  assert.deepEqual(
    take(
      'name=shop&msg=hi+%25s&args=%28%27zoe%27%2C+7%29&levelname=INFO&levelno=20&exc_info=None&exc_text=None&' +
        'stack_info=None&lineno=22&created=1795226483.8851058&thread=139937868082240&taskName=None&user=%27z%27&big=18446744073709551616',
    ),
    {
      name: 'shop',
      ts: 1_795_226_483_885_106,
      level: 20,
      message: 'hi %s',
      logrec:
        '{"meta": {"msg": "hi %s", "args": ["zoe", 7], "stack_info": null, "lineno": 22, "thread": 139937868082240, ' +
        '"taskName": null}, "data": {"user": "z", "big": 18446744073709551616}}',
    },
  );
});

test('name and message stay text, msg in meta is the literal', () => {
  assert.deepEqual(take('name=5&created=1&levelno=20&msg=6'), {
    name: '5',
    ts: 1_000_000,
    level: 20,
    message: '6',
    logrec: '{"meta": {"msg": 6}}',
  });
  assert.equal(take(`${core}&message=%7B1%3A2%7D`).message, '{1:2}');
  assert.equal(take('name=n&created=1&levelno=20&message=').logrec, '{}');
});

test('errors of the form', () => {
  refuses('', 'ModelError', 'Key "name" is missing');
  refuses('a=1', 'ModelError', 'Key "name" is missing');
  refuses('name=a', 'ModelError', 'Key "created" is missing');
  refuses('name=a&created=1', 'ModelError', 'Key "levelno" is missing');
  refuses('name=a&created=1&levelno=20', 'ModelError', 'Key "msg" is missing');
  refuses('name=a&created=x&levelno=20&msg=', 'ModelError', 'Key "created" must be a number');
  refuses('name=a&created=1e12&levelno=20&msg=', 'ValueError', 'year 33658 is out of range');
  refuses('name=a&created=1&levelno=x&msg=', 'ModelError', 'Key "levelno" must be an integer of 32 bits');
  refuses(`${core}&name=b`, 'ModelError', 'Key "name" is given more than once');
  refuses(`${core}&lineno=1&lineno=2`, 'ModelError', 'Key "lineno" is given more than once');
  refuses(`${core}${'&x='.repeat(100_001)}`, 'ValueError', 'A record has more than 100000 fields');
});

test('extras: literals or text, a list where given twice', () => {
  assert.deepEqual(data('a=1&b=x&c=&d=%5B1%2C%5D&e=+1&f'), { a: 1, b: 'x', c: '', d: [1], e: ' 1', f: '' });
  assert.deepEqual(data('a=1&a=x&a=None'), { a: [1, 'x', null] });
  assert.deepEqual(data('%61%20b=1&&=2'), { 'a b': 1, '': 2 });
  assert.deepEqual(data('__proto__=1'), JSON.parse('{"__proto__": 1}'));
});

test('bytes: percent-encoding, and U+FFFD for what is no UTF-8', () => {
  assert.equal(take('name=caf%C3%A9&created=1&levelno=20&msg=%FF%FE').name, 'café');
  assert.equal(take('name=a&created=1&levelno=20&msg=%FF%fe').message, '\ufffd\ufffd');
  assert.equal(take('name=a&created=1&levelno=20&msg=%EF%BB%BFa%00b').message, '\ufeffa\0b');
  assert.deepEqual(data('a=%&b=%4&c=%zz%41&d=\xc3\xa9'), { a: '%', b: '%4', c: '%zzA', d: 'é' });
});

test('the error group needs a text', () => {
  const error = (body: string) => JSON.parse(take(`${core}&${body}`).logrec).error;
  assert.deepEqual(error('exc_text=Trace&exc_info=%3Ctb%3E'), { exc_info: '<tb>', exc_text: 'Trace' });
  assert.deepEqual(error('exc_text=Trace'), { exc_text: 'Trace' });
  for (const none of ['None', '', '%27%27', '()', '0', 'False']) {
    assert.equal(error(`exc_info=i&exc_text=${none}`), undefined);
  }
});

test('raw mode keeps an object of the literals', () => {
  assert.deepEqual(take('x=1&y=text&z=%5B1%5D&x=2', true), {
    name: '',
    ts: NOW,
    level: 20,
    message: '',
    logrec: '{"x": [1, 2], "y": "text", "z": [1]}',
  });
  assert.deepEqual(take('name=5&message=6&levelno=40&created=2', true), {
    name: '5',
    ts: 2_000_000,
    level: 40,
    message: '6',
    logrec: '{"name": 5, "message": 6, "levelno": 40, "created": 2}',
  });
  const odd = take('name=a&name=b&levelno=x&created=None', true);
  assert.deepEqual([odd.name, odd.level, odd.ts], ['', 20, NOW]);
});
