import { testContract } from '../contract.ts';
import { SUBJECTS } from './subjects.ts';

for (const [name, open] of SUBJECTS) testContract(name, open);
