import type { Service } from '../call/exchange';

/** The v1 runtime API as errors call it. */
export const v1Service: Service = { name: 'the Cognigy v1 API', addressField: 'Base URL of the credential' };
