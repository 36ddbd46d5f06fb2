import { runInThisContext } from 'node:vm';

/** Node's own `process`. Jest gives tests a copy, whose `env` Node itself does not look at. */
export const realProcess = runInThisContext('process') as NodeJS.Process;
