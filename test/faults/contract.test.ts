import { testContract } from '../../packages/server/src/store/contract.ts';
import { SUBJECTS } from '../../packages/server/src/store/sqlite/subjects.ts';

/** The contract that each run of the tests tries some hundred times, tried thoroughly. */
const RUNS = Number(process.env.CHRONOLOGER_CONTRACT_RUNS ?? 5000);

for (const [name, open] of SUBJECTS) testContract(name, open, { runs: RUNS });
