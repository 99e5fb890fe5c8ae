import { ProxyFile } from '../proxy-file.ts';
import { ENDINGS, numbered } from './endings.ts';

/** `node ending.ts NAME SOCKET FILE LINES`: writes lines and ends as it is told. */
const [, , name = '', sockPath = '', path = '', count = ''] = process.argv;

const file = await ProxyFile.open(path, { sockPath });
function write(start: number, end: number): void {
  for (let index = start; index < end; index++) file.write(numbered(index));
}
const ending = ENDINGS[name];
if (ending === undefined) throw new Error(`no ending ${name}`);
await ending({ file, write, lines: Number(count) });
