import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StepError, stepsOf } from './python-steps.ts';

for (const [what, source, due] of [
  ['one', "step('ALTER TABLE record KEY_BLOCK_SIZE = 8')", ['ALTER TABLE record KEY_BLOCK_SIZE = 8']],
  ['nothing', '\n# nothing yet\n', []],
  [
    'as they are written for yoyo',
    "from yoyo import step\n\nsteps = [\n  step('A'),  # a\n  step('B', 'undo B'),\n]\n",
    ['A', 'B'],
  ],
  [
    'every kind of text',
    `step("it's")\nstep('''a\nb''')\nstep(r"\\d")\nstep("a" 'b'\n  "c")`,
    ["it's", 'a\nb', '\\d', 'abc'],
  ],
  ['escapes', `step('a\\'b\\n\\x41')`, ["a'b\nA"]],
  ['brackets inside', `step("f(')')")`, ["f(')')"]],
  ['by the module', 'import yoyo\nyoyo.step("A",)\n', ['A']],
] as const) {
  test(what, () => assert.deepEqual(stepsOf(source), due));
}

for (const [source, line] of [
  ['step(lambda c: c)', 1],
  ["step('a' + b)", 1],
  ["step(f'a')", 1],
  ["step(b'a')", 1],
  ["step('a' % 1)", 1],
  ["\nimport os\nstep('a')", 2],
  ["step('a'", 1],
  ["steps = [step('a')", 1],
  ['step()', 1],
  ["__import__('os')", 1],
  ["step('a'); print(1)", 1],
  ["from os import step\nstep('a')", 1],
  ["step('unfinished)", 1],
] as const) {
  test(`refused: ${source}`, () => {
    assert.throws(
      () => stepsOf(source),
      (error) => error instanceof StepError && error.message.startsWith(`line ${line} holds more than`),
    );
  });
}
