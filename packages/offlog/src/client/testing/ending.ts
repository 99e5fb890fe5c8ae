import { ProxyFile } from '../proxy-file.ts';
import { ENDINGS, ENDINGS_IN_NEED } from './endings.ts';
import { numbered } from './numbered.ts';

/** `node ending.ts NAME SOCKET FILE LINES [write]`: writes lines and ends as it is told. */
const [, , name = '', sockPath = '', path = '', count = '', flush] = process.argv;

const file = await ProxyFile.open(path, {
  ...(flush === 'write' ? { flush } : {}),
  sockPath,
  timeout: name.startsWith('wait') ? 500 : 5000,
});
function write(start: number, end: number): void {
  for (let index = start; index < end; index++) file.write(numbered(index));
}
const ending = ENDINGS[name] ?? ENDINGS_IN_NEED[name];
if (ending === undefined) throw new Error(`no ending ${name}`);
await ending({ file, write, lines: Number(count) });
