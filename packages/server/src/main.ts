import { run } from './cli/run.ts';

const code = await run(process.argv.slice(2));
if (code === 0) process.exitCode = 0;
else process.exit(code);
