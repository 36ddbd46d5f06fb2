/** Loaded when the node first runs. */
export { endedInVain } from './inVain';
export { OutcomeWait } from './outcomeWait';
export { inVainOf } from './parking';
export { receiveOutcome } from './receiveOutcome';
