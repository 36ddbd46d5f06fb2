import { aiRows } from './aiRows';
import { http2Faults, silentConnection } from './faults';
import type { Row } from './rows';
import { v1Rows } from './v1Rows';

/** Every operation over HTTP, on a connection that falls silent: here that is noticed before any time limit ends. */
export const silenceRows: readonly Row[] = [...v1Rows, ...aiRows]
	.filter(({ faults }) => http2Faults.every((fault) => faults.includes(fault)))
	.map((row) => ({ ...row, faults: [silentConnection] }));
